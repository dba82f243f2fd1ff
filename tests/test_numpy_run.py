"""``run`` of a NumPy model: the same history as torch's from the same weights, and clear refusals of the rest."""

from __future__ import annotations

import pickle
import warnings
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lossbook import Experiment, History, build, lr_range_test, run, sweep
from lossbook.data import Digits, RandomCrop, RandomRotation, Split
from lossbook.data.digits import Pool
from lossbook.initializers import Zeros
from lossbook.learners.numpy_learner import numpy_step
from lossbook.loop import Loop
from lossbook.losses import LOSSES, MSE, NLL, BinaryCrossEntropy, Huber, MultiClassHinge, SoftmaxCrossEntropy
from lossbook.losses.binary import MarginLoss
from lossbook.losses.class_loss import ClassLoss
from lossbook.metrics import R2
from lossbook.models import MLP, NumPyMLP
from lossbook.optim import OPTIMIZERS, SGD, Adam, AdamW, ClipByGlobalNorm, ClipByValue, TorchTwin
from lossbook.penalties import L1, L2, ElasticNet
from lossbook.scenarios.case import case_of
from lossbook.schedules import Exponential

NET = NumPyMLP(sizes=(196, 16, 10))
SMALL = Experiment(
    data=Digits(train_size=640, train_transform=Pool(), val_transform=Pool()),
    model=NET,
    loss=SoftmaxCrossEntropy(),
    optimizer=Adam(lr=3e-3),
    steps=50,
    eval_every=20,
)
EXACT = replace(SMALL, dtype="float64")


@dataclass(frozen=True)
class Wave:
    """Five numbers in, three out, as the loss wants them: real, -1 or +1, or shares."""

    kind: str = "real"

    def load(self) -> Split:
        x = np.random.default_rng(0).normal(size=(150, 5))
        y = np.sin(x[:, :3] + x[:, 3:4])
        y = {"real": y, "signs": np.where(y < 0, -1.0, 1.0), "shares": (1 + y) / 2, "class": y.argmax(1)}[self.kind]
        return Split(x[:100], y[:100], x[100:], y[100:])


def torchs(experiment: Experiment) -> History:
    """The run of the same net in torch, from the same weights."""
    net = experiment.model
    twin = MLP(net.sizes, net.activation)
    module = net.to_torch(net.init(experiment.seed))
    return run(replace(experiment, model=twin, device="cpu"), model=module.to(getattr(torch, experiment.dtype)))


def assert_same(ours: History, theirs: History, tolerance: float = 1e-10) -> None:
    assert len(ours.loss) == len(ours.seconds) == len(theirs.loss) > 0
    assert ours.eval_step == theirs.eval_step
    for name in ("loss", "lr", "grad_norm", "update_ratio", "reference_loss", "val_loss", "metric"):
        np.testing.assert_allclose(
            getattr(ours, name), getattr(theirs, name), rtol=tolerance, atol=tolerance, err_msg=name
        )


@pytest.mark.parametrize("rule", OPTIMIZERS.values(), ids=OPTIMIZERS.keys())
def test_every_optimiser_trains_as_in_torch(rule: Any) -> None:
    assert_same(run(replace(EXACT, optimizer=rule)), torchs(replace(EXACT, optimizer=rule)))


CHANGES = {
    "sigmoid, two hidden layers": {"model": NumPyMLP(sizes=(196, 12, 12, 10), activation="sigmoid")},
    "tanh": {"model": replace(NET, activation="tanh")},
    "L1": {"penalty": L1(1e-3), "optimizer": SGD(lr=0.1)},
    "L2": {"penalty": L2(1e-2)},
    "elastic net": {"penalty": ElasticNet(1e-3, l1_share=0.5), "optimizer": AdamW(lr=0.01)},
    "clipped by value": {"clipping": ClipByValue(0.01), "optimizer": SGD(lr=0.5)},
    "clipped by norm": {"clipping": ClipByGlobalNorm(0.5), "penalty": L2(1e-3)},
    "schedule": {"optimizer": Adam(lr=Exponential(lr=0.01, gamma=0.95))},
    "crops": {"augment": RandomCrop(size=14, padding=2)},
    "rotations, in order": {"augment": RandomRotation(20.0), "shuffle": False},
    "label smoothing": {"loss": SoftmaxCrossEntropy(label_smoothing=0.1)},
    "weighted": {"loss": SoftmaxCrossEntropy(weights=tuple(range(1, 11))), "reference": SoftmaxCrossEntropy()},
    "sum": {"loss": SoftmaxCrossEntropy("sum"), "reference": SoftmaxCrossEntropy(), "optimizer": SGD(lr=1e-3)},
    "multi-class hinge": {"loss": MultiClassHinge()},
    "another seed and batch size": {"seed": 7, "batch_size": 100, "eval_every": 7},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_every_part_does_what_it_does_in_torch(change: dict[str, Any]) -> None:
    experiment = replace(EXACT, **change)
    assert_same(run(experiment), torchs(experiment))


ON_LOGITS = {name: loss for name, loss in LOSSES.items() if not isinstance(loss, NLL)}


@pytest.mark.parametrize("loss", ON_LOGITS.values(), ids=ON_LOGITS.keys())
def test_every_loss_is_trained_on_as_in_torch(loss: Any) -> None:
    kinds = {ClassLoss: "class", MarginLoss: "signs", BinaryCrossEntropy: "shares"}
    kind = next((kind for family, kind in kinds.items() if isinstance(loss, family)), "real")
    experiment = Experiment(
        Wave(kind), NumPyMLP((5, 8, 3)), loss, SGD(lr=0.1, momentum=0.9), batch_size=16, dtype="float64", steps=50
    )
    experiment = experiment if kind == "class" else replace(experiment, metric=R2())
    assert_same(run(experiment), torchs(experiment))


def test_in_float32_it_is_torchs_run_to_rounding() -> None:
    experiment = replace(SMALL, seed=20)
    ours, theirs = run(experiment), torchs(experiment)
    assert_same(replace(ours, metric=theirs.metric), theirs, tolerance=1e-5)  # seeds 0 to 9: 4e-7; the metric jumps
    assert ours.loss != run(EXACT).loss
    params = NET.init(0)
    run(replace(SMALL, steps=2), model=params)
    assert {param.dtype for param in params.values()} == {np.dtype("float32")}


def test_the_first_step_is_what_one_computes_by_hand() -> None:
    split, params = SMALL.data.load(), NET.init(0)
    experiment = replace(EXACT, data=Given(split.train_x, split.train_y), optimizer=SGD(lr=0.5), batch_size=640)
    x, y, loss = split.train_x.astype(np.float64), split.train_y, SoftmaxCrossEntropy()
    output, cache = NET.forward(params, x)
    grads = NET.backward(params, cache, loss.grad(output, y))
    length, size = (np.sqrt(sum(np.sum(array**2) for array in arrays.values())) for arrays in (grads, params))
    history = run(replace(experiment, steps=1))
    assert history.loss[0] == pytest.approx(loss.value(output, y), rel=1e-12)
    assert history.grad_norm[0] == pytest.approx(length, rel=1e-12)
    assert history.update_ratio[0] == pytest.approx(0.5 * length / size, rel=1e-12)
    moved = {name: param - 0.5 * grads[name] for name, param in params.items()}
    assert history.val_loss[-1] == pytest.approx(loss.value(NET.forward(moved, x)[0], y), rel=1e-12)


def test_it_learns_repeats_bit_for_bit_and_says_where_it_ran() -> None:
    experiment = replace(SMALL, seed=20)
    history = run(experiment)
    assert history == run(experiment)
    assert history != run(replace(experiment, seed=1))
    assert history.eval_step == (0, 20, 40, 50)
    assert history.reference_loss[-1] < 0.85 * history.reference_loss[0]  # seeds 0 to 9: at most 0.70; metric 0.44
    assert history.metric[-1] > history.metric[0] + 0.3
    assert list(history.seconds) == sorted(history.seconds)
    assert not history.interrupted
    assert history.environment["device"] == "cpu"
    assert history.environment["numpy"] == np.__version__
    measured = {"loss_unit", "reference_unit", "metric"}
    assert set(history.environment) == {"device", "device_name", "python", "numpy", "lossbook"} | measured


def test_no_torch_in_the_arithmetic(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any, **named: Any) -> Any:
        raise AssertionError("torch was asked for a tensor")

    for name in ("as_tensor", "from_numpy", "tensor", "empty", "zeros", "stack"):
        monkeypatch.setattr(torch, name, refuse)
    state = torch.get_rng_state()
    experiment = replace(SMALL, penalty=L2(1e-3), clipping=ClipByGlobalNorm(1.0), augment=RandomCrop(14, 1))
    assert len(run(replace(experiment, steps=3)).loss) == 3
    assert torch.equal(state, torch.get_rng_state())


def test_a_given_dict_holds_the_trained_arrays_and_can_be_trained_on() -> None:
    params = NET.init(seed=3)
    given, before = dict(params), {name: param.copy() for name, param in params.items()}
    history = run(EXACT, model=params)
    for name, param in given.items():
        np.testing.assert_array_equal(param, before[name])  # no array is changed
        assert not np.array_equal(params[name], param)
    split = EXACT.data.load()
    output = NET.forward(params, split.val_x.astype(np.float64))[0]
    assert history.val_loss[-1] == pytest.approx(SoftmaxCrossEntropy().value(output, split.val_y), rel=1e-12)
    assert run(EXACT, model=params).reference_loss[0] == history.reference_loss[-1]
    assert run(EXACT, model=NET.init(EXACT.seed)) == run(EXACT)


def test_without_a_step_the_model_is_looked_at_once() -> None:
    history = run(replace(SMALL, steps=0))
    assert (history.loss, history.lr, history.seconds, history.eval_step) == ((), (), (), (0,))
    assert len(history.val_loss) == 1


def test_a_step_is_pure() -> None:
    params, split = NET.init(0), EXACT.data.load()
    states = {name: EXACT.optimizer.init(param) for name, param in params.items()}
    before = pickle.dumps((params, states))
    moved, after, (loss, *_) = numpy_step(EXACT, params, states, split.train_x[:8].astype(float), split.train_y[:8])
    assert pickle.dumps((params, states)) == before
    assert loss > 0
    assert all(state.step == 1 and not np.array_equal(moved[name], params[name]) for name, state in after.items())


@dataclass(frozen=True)
class Interrupting(NumPyMLP):
    """Somebody presses Ctrl-C in the backward pass of the eighth step; the rehearsal makes one more backward pass."""

    calls: tuple[list[int]] = ([],)

    def backward(self, params: Any, cache: Any, grad_output: Any) -> Any:
        self.calls[0].append(1)
        if len(self.calls[0]) > 8:
            raise KeyboardInterrupt
        return super().backward(params, cache, grad_output)


def test_ctrl_c_returns_what_was_recorded_and_keeps_what_was_trained() -> None:
    params, seven = NET.init(0), NET.init(0)
    history = run(replace(EXACT, model=Interrupting(NET.sizes, calls=([],))), model=params)
    assert history.interrupted
    assert len(history.loss) == len(history.lr) == len(history.seconds) == 7
    assert history.eval_step == (0,)
    run(replace(EXACT, steps=7), model=seven)
    assert all(np.array_equal(params[name], seven[name]) for name in seven)


def test_a_diverging_run_may_diverge_in_silence_and_comes_back_from_its_file(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        history = run(replace(SMALL, optimizer=SGD(lr=1e30), steps=5))
    assert len(history.loss) == 5
    assert not np.isfinite(history.loss[-1])
    loaded = History.load(history.save(tmp_path / "run.json"))
    assert repr(loaded) == repr(history)
    finite = run(replace(SMALL, steps=3))
    assert History.load(finite.save(tmp_path / "run.json")) == finite


def test_weights_of_zero_have_no_ratio() -> None:
    history = run(replace(SMALL, model=replace(NET, initializer=Zeros()), steps=1))
    assert history.update_ratio == (np.inf,)


def test_the_experiment_is_a_value() -> None:
    assert pickle.loads(pickle.dumps(SMALL)) == SMALL
    assert hash(SMALL) == hash(replace(SMALL))


def test_it_can_be_swept_and_range_tested() -> None:
    values = [1e-3, 1e-2]
    histories = sweep(replace(SMALL, steps=5), "optimizer.lr", values)
    assert histories == [run(replace(SMALL, steps=5, optimizer=Adam(lr=lr))) for lr in values]
    found = lr_range_test(replace(SMALL, optimizer=SGD(lr=0.1)), low=1e-4, high=100.0, steps=50)
    assert all(low < high for low, high in pairwise(found.lrs))


def test_the_bar_shows_when_asked_with_the_loss(capfd: pytest.CaptureFixture[str]) -> None:
    history = run(replace(SMALL, steps=3), progress=True)
    shown = capfd.readouterr().err
    assert "0/3" in shown
    assert f"loss={history.loss[-1]:.4g}" in shown
    run(replace(SMALL, steps=3), progress=False)
    assert capfd.readouterr() == ("", "")


@dataclass(eq=False)
class Given:
    """Data made for a test; the training data are held out too."""

    x: np.ndarray
    y: np.ndarray

    def load(self) -> Split:
        return Split(self.x, self.y, self.x, self.y)


def spoilt(x: float = 0.0, label: int = 0) -> Given:
    data = Given(np.zeros((8, 196), dtype=np.float32), np.zeros(8, dtype=np.int64))
    data.x[3, 5], data.y[3] = x, label
    return data


@dataclass(frozen=True)
class Other(Loop):
    """A loop of its own."""


class TorchMetric:
    def value(self, output: Any, target: Any) -> Any:
        return (output.argmax(dim=-1) == target).float().mean()


class TorchLoss:
    def value(self, output: Any, target: Any) -> Any:
        return torch.nn.functional.cross_entropy(output, target)

    def grad(self, output: Any, target: Any) -> Any:
        return output.softmax(dim=-1)


class ValueAlone:
    def value(self, output: Any, target: Any = None) -> Any:
        return output.sum()


class Noise:
    def apply(self, x: Any, rng: Any) -> Any:
        return torch.as_tensor(x) + 0.1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"device": "cuda"}, "device must be 'auto' or 'cpu', since NumPy runs on the CPU, got 'cuda'"),
        ({"loop": Other()}, r"loop must be Loop\(\) for a NumPy model, since any other is torch's, got Other\("),
        ({"optimizer": TorchTwin(Adam())}, r"optimizer of a NumPy model must have a method update\(\), got TorchTwin"),
        ({"loss": ValueAlone()}, r"loss of a NumPy model must have a method grad\(\), got <.*ValueAlone"),
        ({"penalty": ValueAlone()}, r"penalty of a NumPy model must have a method grad\(\), got <.*ValueAlone"),
        ({"loss": TorchLoss()}, "loss must take a NumPy model's arrays, but <.*TorchLoss.* raised TypeError: cross_en"),
        ({"metric": TorchMetric()}, "metric must take a NumPy model's arrays, but <.*TorchMetric.* raised TypeError"),
        ({"reference": TorchLoss()}, "reference must take a NumPy model's arrays, but <.*TorchLoss.* raised TypeError"),
        ({"augment": Noise()}, "augment must take a NumPy model's arrays, but <.*Noise.* raised TypeError: .*mixture"),
        ({"loss": SoftmaxCrossEntropy("none")}, r"loss must give one number, got SoftmaxCross.* gives shape \(64,\)"),
        ({"loss": MSE()}, r"pred and target must have the same shape, got pred \(64, 10\), target \(64,\)"),
        ({"data": spoilt(x=np.nan)}, r"train_x must be finite, got nan at index \(3, 5\)"),
        ({"data": spoilt(label=10)}, "labels must lie in 0..9, since the model has 10 outputs, got 0..10"),
        ({"data": spoilt(), "loss": NLL()}, "pred must be log-probabilities, none above 0"),
        ({"model": NumPyMLP((9, 10))}, r"x must hold 9 values per example, got shape \(64, 1, 14, 14\)"),
    ],
)
def test_what_it_cannot_do_is_refused_before_the_training(change: dict[str, Any], words: str) -> None:
    params = NET.init(0) if "model" not in change else None
    kept = dict(params or {})
    with pytest.raises((TypeError, ValueError), match=words):
        run(replace(SMALL, **change), model=params)
    assert all(param is kept[name] for name, param in (params or {}).items())


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (torch.nn.Linear(2, 2), r"model must be a dict of parameters, as NumPyMLP\(.*\) gives them.*, got Linear"),
        ({"W1": torch.zeros(2)}, r"model\['W1'\] must be a NumPy array, got Tensor"),
        ({"W1": np.zeros(2, dtype=int)}, r"model\['W1'\] must have a floating dtype, got int64"),
        ({"W1": np.zeros((16, 196))}, "params must hold W1, b1, W2, b2, got W1"),
    ],
)
def test_weights_of_another_kind_are_refused(model: Any, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        run(SMALL, model=model)


def test_unchecked_data_may_hold_nan() -> None:
    history = run(replace(SMALL, data=spoilt(x=np.nan), check_data=False, steps=3))
    assert np.isnan(history.loss[-1])


def test_torch_models_and_numpy_weights_are_not_mixed_up() -> None:
    with pytest.raises(TypeError, match=r"model must be a torch module, as MLP\(.*\) is torch's, got a dict"):
        run(replace(SMALL, model=MLP((196, 10))), model=NET.init(0))
    for function in (build, case_of):
        with pytest.raises(TypeError, match=r"probes need a torch model, got the NumPy model NumPyMLP.*to_torch"):
            function(SMALL)
    with pytest.raises(TypeError, match=r"model must be an object, got the class NumPyMLP: write NumPyMLP\(\)"):
        replace(SMALL, model=NumPyMLP)


def test_a_model_of_ones_own_needs_three_methods() -> None:
    class Line:
        """y = w x."""

        def init(self, seed: int) -> dict[str, np.ndarray]:
            return {"w": np.zeros((1, 1))}

        def forward(self, params: Any, x: Any) -> tuple[Any, Any]:
            return x @ params["w"], x

        def backward(self, params: Any, cache: Any, grad_output: Any) -> Any:
            return {"w": cache.T @ grad_output}

    x = np.linspace(-1, 1, 16)[:, None]
    params = {"w": np.zeros((1, 1))}
    run(Experiment(Given(x, 3 * x), Line(), Huber(), SGD(lr=1.0), metric=R2(), dtype="float64"), model=params)
    assert params["w"].item() == pytest.approx(3.0, abs=1e-6)
