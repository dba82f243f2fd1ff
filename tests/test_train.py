"""``run``: repeatable, honest about what it measured, and clear about what it refuses."""

from __future__ import annotations

import copy
import io
import pickle
import sys
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
import torch

from lossbook import Experiment, build, predict, run
from lossbook.data import Digits, RandomCrop, Split
from lossbook.learners.feed import batches
from lossbook.loop import Loop, Training
from lossbook.losses import MultiClassHinge, SoftmaxCrossEntropy
from lossbook.models import MLP, ConvNet, NumPyMLP
from lossbook.optim import OPTIMIZERS, SGD, Adam, ClipByGlobalNorm, Lion, TorchTwin
from lossbook.penalties import L2
from lossbook.pure_step import train_step
from lossbook.schedules import Exponential

SMALL = Experiment(
    data=Digits(train_size=640),
    model=MLP(sizes=(784, 16, 10)),
    loss=SoftmaxCrossEntropy(),
    optimizer=Adam(lr=3e-3),
    steps=30,
    eval_every=10,
    device="cpu",
)
TINY_NET = ConvNet(channels=(4, 4), hidden=16)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"n": 0}, "n must be at least 1, got 0"),
        ({"batch_size": 0}, "batch_size must be at least 1, got 0"),
        ({"n": 3, "drop_last": True}, "n must be at least 4, got 3"),
        ({"seed": -1}, "seed must be at least 0, got -1"),
    ],
)
def test_what_makes_no_batch_is_refused_at_once(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        batches(**{"n": 10, "batch_size": 4, "seed": 0} | arguments)


def test_the_same_experiment_gives_the_same_history_bit_for_bit() -> None:
    experiment = replace(SMALL, model=TINY_NET, steps=12)  # with dropout
    first, second = run(experiment), run(experiment)
    assert first == second
    assert first.environment["threads"] == torch.get_num_threads()
    assert run(replace(experiment, seed=1)) != first


def test_a_run_leaves_torchs_random_state_alone() -> None:
    state = torch.get_rng_state()
    run(replace(SMALL, model=TINY_NET, steps=2))
    assert torch.equal(state, torch.get_rng_state())


def test_the_history_holds_what_was_measured() -> None:
    history = run(SMALL)
    per_step = (history.loss, history.lr, history.grad_norm, history.update_ratio, history.seconds)
    assert {len(values) for values in per_step} == {30}
    assert history.eval_step == (0, 10, 20, 30)
    assert len(history.reference_loss) == len(history.val_loss) == len(history.metric) == 4
    assert history.reference_loss[-1] < 0.75 * history.reference_loss[0]
    assert history.metric[-1] > history.metric[0] + 0.3
    assert set(history.lr) == {3e-3}
    assert list(history.seconds) == sorted(history.seconds)
    assert not history.interrupted


def test_the_first_step_is_what_one_computes_by_hand() -> None:
    experiment = replace(SMALL, optimizer=SGD(lr=0.5), steps=1, dtype="float64")
    model, history = build(experiment).double(), run(experiment)
    split = experiment.data.load()
    index = next(batches(640, 64, seed=0))
    x, y = torch.tensor(split.train_x[index]).double(), torch.tensor(split.train_y[index])
    loss = torch.nn.functional.cross_entropy(model(x), y)
    loss.backward()
    flat = torch.cat([p.detach().flatten() for p in model.parameters()])
    slope = torch.cat([p.grad.flatten() for p in model.parameters()])
    assert history.loss[0] == pytest.approx(loss.item(), rel=1e-12)
    assert history.grad_norm[0] == pytest.approx(slope.norm().item(), rel=1e-12)
    assert history.update_ratio[0] == pytest.approx(0.5 * slope.norm().item() / flat.norm().item(), rel=1e-9)
    reference = torch.nn.functional.cross_entropy(
        predict(model, split.train_x[:512].astype(np.float64)), torch.tensor(split.train_y[:512])
    )
    assert history.reference_loss[0] == pytest.approx(reference.item(), rel=1e-12)


TWINS = {name: rule for name, rule in OPTIMIZERS.items() if not isinstance(rule, Lion)}


@pytest.mark.parametrize("rule", TWINS.values(), ids=TWINS.keys())
def test_in_float64_our_rule_and_torchs_lose_the_same(rule: Any) -> None:
    train_x, train_y, val_x, val_y, *_ = SMALL.data.load()
    few = (train_x[:256], train_y[:256], val_x[:64], val_y[:64])
    experiment = replace(SMALL, data=few, model=ConvNet(channels=(4, 8), hidden=16), dtype="float64", steps=20)
    experiment = replace(experiment, optimizer=rule)
    ours, theirs = run(experiment), run(replace(experiment, optimizer=TorchTwin(rule)))
    np.testing.assert_allclose(ours.loss, theirs.loss, rtol=0, atol=1e-9)
    np.testing.assert_allclose(ours.val_loss, theirs.val_loss, rtol=0, atol=1e-9)


def test_the_documents_net_in_float64_with_our_adam_and_with_torchs() -> None:
    train_x, train_y, val_x, val_y, *_ = SMALL.data.load()
    few = (train_x[:160], train_y[:160], val_x[:16], val_y[:16])  # only the losses of the steps are compared
    experiment = replace(SMALL, data=few, model=ConvNet(), dtype="float64", steps=20, optimizer=Adam(), eval_every=20)
    experiment = replace(experiment, batch_size=16)
    ours, theirs = run(experiment), run(replace(experiment, optimizer=TorchTwin(Adam())))
    np.testing.assert_allclose(ours.loss, theirs.loss, rtol=0, atol=1e-9)


def test_a_given_model_is_trained_in_place_and_can_be_trained_on() -> None:
    model = build(SMALL).eval()
    history = run(SMALL, model=model)
    assert model.training
    more = run(SMALL, model=model)
    assert more.reference_loss[0] == history.reference_loss[-1]
    split = SMALL.data.load()
    hits = predict(model, split.val_x).argmax(-1) == torch.tensor(split.val_y)
    assert more.metric[-1] == pytest.approx(hits.double().mean().item(), abs=1e-6)


def test_a_frozen_batch_norm_stays_frozen_and_a_model_in_eval_mode_is_trained() -> None:
    model = build(replace(SMALL, model=MLP(sizes=(784, 16, 10), norm="batch")))
    norm = model.get_submodule("2")
    norm.eval()
    before = copy.deepcopy(norm.state_dict())
    run(SMALL, model=model)
    assert (model.training, norm.training) == (True, False)
    assert all(torch.equal(norm.state_dict()[name], before[name]) for name in ("running_mean", "running_var"))
    run(SMALL, model=model.eval())
    assert (model.training, norm.training) == (True, True)
    assert not torch.equal(norm.state_dict()["running_mean"], before["running_mean"])


def test_a_model_wider_than_the_experiment_is_refused_and_a_narrower_one_is_widened() -> None:
    model = build(SMALL).double()
    with pytest.raises(ValueError, match=r"no wider than .* float32, got 1.weight in float64: .*dtype=\"float64\""):
        run(SMALL, model=model)
    assert {param.dtype for param in model.parameters()} == {torch.float64}
    assert run(replace(SMALL, dtype="float64"), model=model.float()) == run(replace(SMALL, dtype="float64"))
    assert {param.dtype for param in model.parameters()} == {torch.float64}


# predict


class Returns(torch.nn.Module):
    """A module that passes its output through a function."""

    def __init__(self, make: Any) -> None:
        super().__init__()
        self.layer, self.make = torch.nn.Linear(3, 2), make

    def forward(self, x: torch.Tensor) -> Any:
        return self.make(self.layer(x))


class Whole(torch.nn.Module):
    """A module whose first parameter has a dtype to which inputs cannot be cast."""

    def __init__(self, first: torch.dtype) -> None:
        super().__init__()
        self.first = torch.nn.Parameter(torch.zeros(2, dtype=first), requires_grad=False)
        self.layer = torch.nn.Linear(3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x)


class Merging(torch.nn.Linear):
    """A layer that does something when its mode changes, as adapters do."""

    merged = False

    def train(self, mode: bool = True) -> Merging:
        super().train(mode)
        self.merged = not mode
        return self


def modes(model: torch.nn.Module) -> list[bool]:
    return [module.training for module in model.modules()]


def test_predict_is_in_eval_mode_and_leaves_every_modules_mode() -> None:
    model = TINY_NET.build()
    x = torch.zeros(3, 1, 28, 28)
    model.conv2.eval()
    before = modes(model)
    assert torch.equal(predict(model, x), predict(model, x))
    assert modes(model) == before
    with pytest.raises(RuntimeError):
        predict(model, x[..., :3])
    assert modes(model) == before
    adapter = torch.nn.Sequential(Merging(3, 2))
    predict(adapter, torch.zeros(1, 3))
    assert not adapter[0].merged


@pytest.mark.parametrize(
    ("model", "x", "dtype"),
    [
        (torch.nn.Embedding(5, 2), torch.tensor([[1, 4]]), torch.float32),
        (torch.nn.Embedding(5, 2).double(), np.array([[1, 4]]), torch.float64),
        (torch.nn.Flatten(), torch.zeros(3, 2, dtype=torch.int32), torch.int32),
        (torch.nn.Flatten(), torch.zeros(3, 2, dtype=torch.bool), torch.bool),
        (torch.nn.Flatten(), np.zeros((3, 2)), torch.float64),
        (torch.nn.Linear(3, 2), np.zeros((4, 3)), torch.float32),
        (torch.nn.Linear(3, 2), np.zeros((4, 3))[::-1], torch.float32),
        (torch.nn.Linear(3, 2), [[1.0, 2.0, 3.0]], torch.float32),
        (torch.nn.Linear(3, 2), np.zeros((0, 3)), torch.float32),
        (torch.nn.BatchNorm1d(3, affine=False), np.zeros((4, 3)), torch.float32),
        (Whole(torch.int32), np.zeros((4, 3)), torch.float32),
        (Whole(torch.complex64), np.zeros((4, 3)), torch.float32),
    ],
    ids=str,
)
def test_integers_stay_integers_and_floating_inputs_get_the_models_dtype(model: Any, x: Any, dtype: Any) -> None:
    output = predict(model, x)
    assert (output.dtype, len(output)) == (dtype, len(x))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: predict(Returns(lambda y: (y, y)), x), r"model must give one tensor, \(N, ...\), got a tuple of 2"),
        (lambda x: predict(Returns(lambda y: {"logits": y}), x), "model must give one tensor, .*, got a dict of 1"),
        (lambda x: predict(Returns(lambda y: y.mean()), x), "model must give one tensor, .*, got one number"),
        (lambda x: predict(Returns(lambda y: y), x, batch=0), "batch must be at least 1, got 0"),
        (lambda x: predict(Returns(lambda y: y), x[0, 0]), r"x must have an axis of examples, \(N, ...\), got .* 0.0"),
    ],
)
def test_predict_says_what_it_cannot_take(call: Any, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        call(torch.zeros(4, 3))


@dataclass(frozen=True)
class Made:
    """A model that a function builds."""

    make: Any

    def build(self) -> Any:
        return self.make()


@dataclass(frozen=True)
class Tokens:
    """Sequences of five of twenty words; the first word decides the class."""

    def load(self) -> Split:
        x = np.random.default_rng(0).integers(0, 20, (64, 5))
        return Split(x, x[:, 0] % 3, x[:16], x[:16, 0] % 3)


def words_net() -> torch.nn.Module:
    return torch.nn.Sequential(torch.nn.Embedding(20, 8), torch.nn.Flatten(), torch.nn.Linear(40, 3))


def test_indices_of_words_can_be_learned_from() -> None:
    history = run(replace(SMALL, data=Tokens(), model=Made(words_net), optimizer=Adam(0.05)))
    assert history.reference_loss[-1] < 0.5 * history.reference_loss[0]


# refusals before the first step


class Value:
    """A loss or a metric that passes the true loss through a function."""

    def __init__(self, make: Any) -> None:
        self.make = make

    def value(self, output: torch.Tensor, target: torch.Tensor) -> Any:
        return self.make(torch.nn.functional.cross_entropy(output, target))


class Broken:
    def value(self, output: torch.Tensor, target: torch.Tensor) -> Any:
        return torch.ones(3) @ output


NORMED = MLP(sizes=(784, 16, 10), norm="batch")
ODD = Digits(train_size=65)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"loss": SoftmaxCrossEntropy("none")}, r"loss must give one number, got Softmax.*, which gives shape \(64,\)"),
        ({"loss": Value(lambda loss: loss[None])}, r"loss must give one number, got .*Value.* gives shape \(1,\)"),
        ({"loss": Value(lambda loss: loss.item())}, r"loss must depend on the model's parameters, got 2\.\d+ without"),
        ({"loss": Value(torch.Tensor.detach)}, "loss must depend on the model's parameters, got tensor.* without"),
        ({"loss": Value(str)}, "loss must give one number, got .*Value.*, which gives 'tensor"),
        ({"loss": Broken()}, r"loss must take outputs of shape \(64, 10\), but .*Broken.* raised RuntimeError"),
        ({"metric": Value(lambda loss: None)}, "metric must give one number, got .*Value.*, which gives None"),
        ({"metric": SoftmaxCrossEntropy("none")}, "metric must give one number, got Softmax"),
        ({"reference": SoftmaxCrossEntropy("none")}, "reference must give one number, got Softmax"),
        ({"model": MLP(sizes=(50, 10))}, r"batches of the data, here of shape \(64, 1, 28, 28\) .*mat1 and mat2"),
        ({"model": Made(torch.nn.Flatten)}, "model must have parameters to train, got Flatten without any"),
        ({"model": Made(lambda: build(SMALL).requires_grad_(False))}, "got Sequential in which all are frozen"),
        ({"model": Made(lambda: build(SMALL).double())}, "model must be no wider than the experiment's dtype"),
        ({"model": Made(lambda: torch.nn.LazyLinear(3))}, "must know the shapes of its parameters, got weight without"),
        ({"model": Made(lambda: 3)}, r"model.build\(\) must give a torch module, got 3"),
        ({"model": NORMED, "data": ODD}, "of 65 in batches of 64 the last batch holds one: drop_last=True leaves"),
        ({"model": NORMED, "batch_size": 1}, "but batch_size is 1: take a larger one"),
        ({"model": NORMED, "data": Digits(train_size=1)}, "but there is no other: take more of them"),
        ({"drop_last": True, "data": Digits(train_size=63)}, "at most the number of training examples, 63, .* got 64"),
        ({"drop_last": 1}, "drop_last must be True or False, got 1"),
    ],
)
def test_what_cannot_be_trained_is_refused_before_the_first_step(change: dict[str, Any], words: str) -> None:
    model = None if "model" in change else build(SMALL)
    before = None if model is None else copy.deepcopy(model.state_dict())
    with pytest.raises((TypeError, ValueError), match=words):
        run(replace(SMALL, **change), model=model)
    if model is not None and before is not None:
        assert all(torch.equal(value, model.state_dict()[name]) for name, value in before.items())


class Frugal(torch.nn.Linear):
    """A model that keeps no graph in eval mode."""

    def __init__(self) -> None:
        super().__init__(784, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        with torch.set_grad_enabled(self.training):
            return super().forward(x.flatten(1))


def test_what_only_looks_wrong_is_trained() -> None:
    assert len(run(replace(SMALL, model=Made(Frugal), steps=2)).loss) == 2
    alone = replace(SMALL, model=NORMED, data=ODD, steps=6)
    assert len(run(replace(alone, steps=1)).loss) == 1  # it ends before the batch of one
    assert len(run(replace(alone, drop_last=True)).loss) == 6
    assert len(run(replace(alone, data=Digits(train_size=66))).loss) == 6
    assert len(run(replace(alone, model=MLP(sizes=(784, 10)))).loss) == 6
    pixels = torch.nn.BatchNorm2d(1), torch.nn.Flatten(), torch.nn.Linear(784, 10)  # of one image 784 values
    assert len(run(replace(alone, model=Made(lambda: torch.nn.Sequential(*copy.deepcopy(pixels))))).loss) == 6
    frozen = replace(SMALL, model=Made(lambda: build(SMALL).requires_grad_(False)), steps=0)
    assert len(run(frozen).val_loss) == 1  # nothing is trained, and it can be measured


def test_the_rehearsal_of_one_example_changes_nothing() -> None:
    model = build(replace(SMALL, model=NORMED))
    before = copy.deepcopy(model.state_dict())
    with pytest.raises(ValueError, match="cannot train on one example alone"):
        run(replace(SMALL, data=ODD), model=model)
    assert all(torch.equal(value, model.state_dict()[name]) for name, value in before.items())


def test_drop_last_leaves_out_the_smaller_batch() -> None:
    order = batches(5, batch_size=2, seed=0, drop_last=True)
    epochs = [np.concatenate([next(order), next(order)]).tolist() for _ in range(2)]
    whole = batches(5, batch_size=2, seed=0)
    expected = [[*next(whole), *next(whole), *next(whole)][:4] for _ in range(2)]
    assert epochs == expected
    even = replace(SMALL, data=Digits(train_size=128))
    assert run(replace(even, drop_last=True)) == run(even)


def test_a_diverging_run_may_diverge() -> None:
    history = run(replace(SMALL, optimizer=SGD(lr=1e30), steps=5))
    assert len(history.loss) == 5
    assert not np.isfinite(history.loss[-1])


def test_ctrl_c_returns_what_was_recorded_and_says_so(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupting(MLP):
        calls = 0

        def build(self) -> torch.nn.Sequential:
            def stop(module: Any, arguments: Any) -> None:
                if module.training:
                    Interrupting.calls += 1
                    if Interrupting.calls > 7:
                        raise KeyboardInterrupt

            net = super().build()
            net.register_forward_pre_hook(stop)
            return net

    experiment = replace(SMALL, model=Interrupting(sizes=(784, 10)))
    history = run(experiment)
    assert history.interrupted
    assert len(history.loss) == len(history.seconds) == 7
    Interrupting.calls = 0
    capfd.readouterr()
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)  # somebody watches
    run(experiment, progress=False)
    assert capfd.readouterr().err == "lossbook: stopped by Ctrl-C after 7 of 30 steps.\n"


def test_an_experiment_is_a_value() -> None:
    assert pickle.loads(pickle.dumps(SMALL)) == SMALL
    assert hash(SMALL) == hash(replace(SMALL))


@dataclass(frozen=True)
class Given:
    """Data made for a test."""

    x: float = 0.0
    label: int = 0

    def load(self) -> Split:
        x, y = np.zeros((8, 784), dtype=np.float32), np.zeros(8, dtype=np.int64)
        x[3, 5], y[3] = self.x, self.label
        return Split(x, y, x.copy(), y.copy())


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (Given(x=np.nan), r"train_x must be finite, got nan at index \(3, 5\), 1 such values in all"),
        (Given(x=np.inf), "train_x must be finite, got inf"),
        (Given(label=10), r"labels must lie in 0..9, since the model has 10 outputs, got 0..10"),
        (Given(label=-1), r"labels must lie in 0..9, since the model has 10 outputs, got -1..0"),
    ],
)
def test_data_that_cannot_be_learned_from_is_refused(data: Given, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        run(replace(SMALL, data=data))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"model": MLP}, r"model must be an object, got the class MLP: write MLP\(\)"),
        ({"model": torch.nn.Linear}, r"model must be an object, got the class Linear: write Linear\(\.\.\.\)"),
        ({"optimizer": "adam"}, r"optimizer must have a method update\(\), got 'adam'. .*torch.optim.SGD\(net.param"),
        ({"data": None}, r"data must have a method load\(\), got None"),
        ({"steps": -1}, "steps must be at least 0, got -1"),
        ({"steps": 1.5}, "steps must be a whole number, got 1.5 of type float"),
        ({"batch_size": 0}, "batch_size must be at least 1, got 0"),
        ({"dtype": "float16"}, "dtype must be one of 'float32', 'float64', got 'float16'"),
        ({"seed": True}, "seed must be a whole number, got True of type bool"),
        ({"seed": -1}, "seed must be at least 0, got -1"),
        ({"seed": 2**64}, r"seed must be at most 2\*\*64 - 1, got 18446744073709551616"),
        ({"seed": np.int64(1)}, r"seed must be a whole number, got np.int64\(1\) of type int64: write int\(seed\)"),
        ({"steps": np.int64(1)}, r"steps must be a whole number, .*: write int\(steps\)"),
        ({"batch_size": np.int32(1)}, r"batch_size must be a whole number, .*: write int\(batch_size\)"),
        ({"device": None}, "device must be a name, as 'auto' or 'cpu', got None"),
        ({"device": 3}, "device must be a name, as 'auto' or 'cpu', got 3"),
        ({"device": ""}, "device must be a name, as 'auto' or 'cpu', got ''"),
        ({"eval_every": 0}, "eval_every must be at least 1, got 0"),
    ],
)
def test_bad_experiments_are_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        replace(SMALL, **change)


@pytest.mark.parametrize("model", [MLP((784, 10)), NumPyMLP((784, 10))], ids=["torch", "numpy"])
def test_every_seed_that_is_allowed_can_be_run(model: Any) -> None:
    seeds = (0, 2**63, 2**64 - 1)
    histories = [run(replace(SMALL, model=model, optimizer=SGD(lr=0.1), steps=2, seed=seed)) for seed in seeds]
    assert len(set(histories)) == 3


def test_torchs_object_of_a_device_is_its_name() -> None:
    assert replace(SMALL, device=torch.device("cpu")) == SMALL
    assert replace(SMALL, device=torch.device("cuda", 1)).device == "cuda:1"


def test_a_device_that_is_not_there_is_named() -> None:
    with pytest.raises(ValueError, match=r"device must be one that this machine has, got 'abacus' .* device=\"auto\""):
        run(replace(SMALL, device="abacus"))
    if not torch.cuda.is_available():
        with pytest.raises(ValueError, match="device must be one that this machine has, got 'cuda'"):
            run(replace(SMALL, device="cuda"))


def test_the_bar_shows_when_asked_and_is_quiet_otherwise(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    short = replace(SMALL, steps=3)
    history = run(short, progress=True)
    shown = capfd.readouterr().err
    assert "0/3" in shown
    assert f"loss={history.loss[-1]:.4g}" in shown
    run(short, progress=False)
    assert capfd.readouterr() == ("", "")
    monkeypatch.setenv("LOSSBOOK_FACE", "static")
    run(short)
    assert capfd.readouterr() == ("", "")


class NoTerminal:
    """An editor's console."""

    def write(self, text: str) -> None: ...

    def flush(self) -> None: ...


def closed() -> io.StringIO:
    stream = io.StringIO()
    stream.close()
    return stream


@pytest.mark.parametrize("progress", [None, True, False])
@pytest.mark.parametrize("stream", [None, NoTerminal(), closed()], ids=["none", "no isatty", "closed"])
def test_a_run_needs_no_stderr(stream: Any, progress: bool | None, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = run(replace(SMALL, steps=3))
    monkeypatch.setattr(sys, "stderr", stream)
    assert run(replace(SMALL, steps=3), progress=progress) == expected
    monkeypatch.undo()


def test_a_pure_step_is_the_loops_step_and_changes_nothing() -> None:
    experiment = replace(
        SMALL, dtype="float64", steps=3, optimizer=Adam(lr=Exponential(lr=0.01, gamma=0.5)), penalty=L2(1e-3),
        clipping=ClipByGlobalNorm(0.5),
    )  # fmt: skip
    split, model = experiment.data.load(), build(experiment).double()
    params = {name: param.detach() for name, param in model.named_parameters()}
    before = {name: param.clone() for name, param in params.items()}
    states = {name: experiment.optimizer.init(param) for name, param in params.items()}
    losses, moved, order = [], params, batches(640, 64, seed=0)
    for _ in range(3):
        index = next(order)
        x, y = torch.tensor(split.train_x[index]).double(), torch.tensor(split.train_y[index])
        moved, states, loss = train_step(experiment, model, moved, states, x, y)
        losses.append(loss.item())
    np.testing.assert_allclose(losses, run(experiment).loss, rtol=1e-12)
    assert all(torch.equal(params[name], before[name]) for name in params)


def test_a_pure_step_leaves_running_statistics_and_random_states_alone() -> None:
    experiment = replace(SMALL, model=replace(NORMED, dropout=0.3), dtype="float64", optimizer=SGD(lr=0.1), steps=1)
    model, split = build(experiment).double(), experiment.data.load()
    index = next(batches(640, 64, seed=0))
    x, y = torch.tensor(split.train_x[index]).double(), torch.tensor(split.train_y[index])
    params = {name: param.detach() for name, param in model.named_parameters()}
    states = {name: experiment.optimizer.init(param) for name, param in params.items()}
    before, state = copy.deepcopy(model.state_dict()), torch.get_rng_state()
    once, again, other = (train_step(experiment, model, params, states, x, y, seed=seed) for seed in (0, 0, 1))
    assert all(torch.equal(value, model.state_dict()[name]) for name, value in before.items())
    assert torch.equal(state, torch.get_rng_state())
    assert once[2] == again[2] != other[2]
    trained = build(experiment)
    assert run(experiment, model=trained).loss[0] == pytest.approx(once[2].item(), rel=1e-12)
    for name, param in trained.named_parameters():
        torch.testing.assert_close(once[0][name], param.detach(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("rule", OPTIMIZERS.values(), ids=OPTIMIZERS.keys())
@pytest.mark.parametrize("loss", [SoftmaxCrossEntropy(), SoftmaxCrossEntropy(label_smoothing=0.1), MultiClassHinge()])
def test_a_step_names_no_device_of_its_own(rule: Any, loss: Any) -> None:
    experiment = replace(SMALL, model=TINY_NET, optimizer=rule, loss=loss, penalty=L2(1e-3))
    model = build(experiment).to("meta")
    params = dict(model.named_parameters())
    states = {name: rule.init(param) for name, param in params.items()}
    x, y = torch.zeros(4, 1, 28, 28, device="meta"), torch.zeros(4, dtype=torch.long, device="meta")
    moved, _, value = train_step(experiment, model, params, states, x, y)
    assert value.device.type == "meta"
    assert {param.device.type for param in moved.values()} == {"meta"}


def test_a_penalty_is_part_of_the_training_loss_alone() -> None:
    plain, penalised = run(replace(SMALL, steps=1)), run(replace(SMALL, steps=1, penalty=L2(0.1)))
    squares = sum((param**2).sum().item() for param in build(SMALL).parameters())
    assert penalised.loss[0] == pytest.approx(plain.loss[0] + 0.1 * squares, rel=1e-5)
    assert penalised.reference_loss[0] == plain.reference_loss[0]


def test_clipping_holds_the_step_but_not_the_record() -> None:
    rule = SGD(lr=1.0)
    clipped = run(replace(SMALL, steps=2, optimizer=rule, clipping=ClipByGlobalNorm(1e-3)))
    free = run(replace(SMALL, steps=2, optimizer=rule))
    assert clipped.grad_norm[0] == free.grad_norm[0] > 1e-3
    expected = free.update_ratio[0] * 1e-3 / free.grad_norm[0]
    assert clipped.update_ratio[0] == pytest.approx(expected, rel=1e-3)


def test_a_schedule_is_followed_and_recorded() -> None:
    rule = SGD(lr=Exponential(lr=0.5, gamma=0.9))
    ours = run(replace(SMALL, steps=5, optimizer=rule, dtype="float64"))
    theirs = run(replace(SMALL, steps=5, optimizer=TorchTwin(rule), dtype="float64"))
    np.testing.assert_allclose(ours.lr, [0.5 * 0.9**step for step in range(5)], rtol=1e-15)
    np.testing.assert_allclose(ours.lr, theirs.lr, rtol=1e-12)
    np.testing.assert_allclose(ours.loss, theirs.loss, atol=1e-9)


def test_probabilities_where_logits_belong_are_refused() -> None:
    class Softmaxed(MLP):
        def build(self) -> torch.nn.Sequential:
            return torch.nn.Sequential(*super().build(), torch.nn.Softmax(dim=-1))

    with pytest.raises(ValueError, match="pred must be logits, but every row holds numbers >= 0 that sum to 1"):
        run(replace(SMALL, model=Softmaxed(sizes=(784, 10))))


@dataclass(frozen=True)
class Backwards(Loop):
    """A loop that goes uphill."""

    def step(self, training: Training, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        training.optimizer.zero_grad()
        loss = training.objective(x, y)
        (-loss).backward()
        training.clip()
        training.optimizer.step()
        return loss


def test_the_loop_is_part_of_the_experiment() -> None:
    up = run(replace(SMALL, loop=Backwards()))
    assert up.loss[0] == run(SMALL).loss[0]
    assert up.reference_loss[-1] > up.reference_loss[0] + 1
    assert len(up.grad_norm) == 30


def test_the_reference_is_the_correct_loss_whatever_is_trained_on() -> None:
    plain, summed = run(SMALL), run(replace(SMALL, loss=SoftmaxCrossEntropy("sum"), reference=SoftmaxCrossEntropy()))
    assert summed.loss[0] == pytest.approx(64 * plain.loss[0], rel=1e-5)
    assert summed.reference_loss[0] == plain.reference_loss[0]
    assert summed.val_loss[0] == plain.val_loss[0]


@dataclass(frozen=True)
class Spoilt:
    """Digits with every label set to 0, and clean ones for the reference loss."""

    def load(self) -> Split:
        clean = Digits(train_size=640).load()
        return clean._replace(train_y=0 * clean.train_y, ref_x=clean.train_x[:100], ref_y=clean.train_y[:100])


def test_the_reference_loss_is_measured_on_clean_examples_where_there_are_any() -> None:
    history = run(replace(SMALL, data=Spoilt()))
    assert history.loss[-1] < 0.1
    assert history.reference_loss[-1] > 2
    split = Spoilt().load()
    first = SoftmaxCrossEntropy().value(predict(build(SMALL), split.ref_x), torch.tensor(split.ref_y))
    assert history.reference_loss[0] == pytest.approx(first.item(), rel=1e-6)


def test_augmentation_changes_the_batches_alone_and_repeats_with_the_seed() -> None:
    moved = replace(SMALL, augment=RandomCrop(size=28, padding=4))
    first, plain = run(moved), run(SMALL)
    assert first == run(moved)
    assert first.loss[0] != plain.loss[0]
    assert first.reference_loss[0] == plain.reference_loss[0]


def test_unchecked_data_may_hold_nan() -> None:
    history = run(replace(SMALL, data=Given(x=np.nan), check_data=False, steps=3))
    assert np.isnan(history.loss[-1])


def test_without_shuffling_every_epoch_has_the_same_order() -> None:
    order = batches(5, batch_size=2, seed=0, shuffle=False)
    assert [next(order).tolist() for _ in range(4)] == [[0, 1], [2, 3], [4], [0, 1]]
    shuffled = batches(5, batch_size=5, seed=0)
    first, second = next(shuffled), next(shuffled)
    assert sorted(first.tolist()) == sorted(second.tolist()) == list(range(5))
    assert first.tolist() != second.tolist()
    assert run(replace(SMALL, steps=3, shuffle=False)) != run(replace(SMALL, steps=3))


def test_the_seed_reaches_the_weights_and_the_augmentation() -> None:
    few, net = Digits(train_size=60), MLP((784, 4, 10))
    plain = Experiment(few, net, SoftmaxCrossEntropy(), SGD(lr=0.0), steps=2, device="cpu")
    other = replace(plain, seed=1)
    assert not torch.equal(build(plain)[1].weight, build(other)[1].weight)
    assert torch.equal(build(plain)[1].weight, build(plain)[1].weight)
    still = [replace(each, shuffle=False) for each in (plain, other)]  # one model that stands still, in one order
    assert len({run(each, model=build(plain), progress=False).loss for each in still}) == 1
    turned = [replace(each, augment=RandomCrop(28, 2)) for each in (*still, still[0])]
    losses = [run(each, model=build(plain), progress=False).loss for each in turned]
    assert losses[0] == losses[2] != losses[1]
