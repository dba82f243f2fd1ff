"""``run``: repeatable, honest about what it measured, and clear about what it refuses."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lossbook import Experiment, History, build, predict, run
from lossbook.data import Digits, Split
from lossbook.losses import SoftmaxCrossEntropy
from lossbook.models import MLP, ConvNet
from lossbook.optim import OPTIMIZERS, SGD, Adam, TorchTwin
from lossbook.train import batches

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
    slope = torch.cat([p.grad.flatten() for p in model.parameters()])  # type: ignore[union-attr]
    assert history.loss[0] == pytest.approx(loss.item(), rel=1e-12)
    assert history.grad_norm[0] == pytest.approx(slope.norm().item(), rel=1e-12)
    assert history.update_ratio[0] == pytest.approx(0.5 * slope.norm().item() / flat.norm().item(), rel=1e-9)
    reference = torch.nn.functional.cross_entropy(
        predict(model, split.train_x[:512].astype(np.float64)), torch.tensor(split.train_y[:512])
    )
    assert history.reference_loss[0] == pytest.approx(reference.item(), rel=1e-12)


@pytest.mark.parametrize("rule", OPTIMIZERS.values(), ids=OPTIMIZERS.keys())
def test_in_float64_our_rule_and_torchs_lose_the_same(rule: Any) -> None:
    experiment = replace(SMALL, model=ConvNet(channels=(4, 8), hidden=16), dtype="float64", steps=20, optimizer=rule)
    ours, theirs = run(experiment), run(replace(experiment, optimizer=TorchTwin(rule)))
    np.testing.assert_allclose(ours.loss, theirs.loss, rtol=0, atol=1e-9)
    np.testing.assert_allclose(ours.val_loss, theirs.val_loss, rtol=0, atol=1e-9)


def test_the_documents_net_in_float64_with_our_adam_and_with_torchs() -> None:
    experiment = replace(SMALL, model=ConvNet(), dtype="float64", steps=20, optimizer=Adam(), eval_every=20)
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


def test_predict_is_in_eval_mode_and_leaves_the_mode() -> None:
    model = TINY_NET.build()
    x = torch.zeros(3, 1, 28, 28)
    assert torch.equal(predict(model, x), predict(model, x))
    assert model.training


def test_a_diverging_run_may_diverge() -> None:
    history = run(replace(SMALL, optimizer=SGD(lr=1e30), steps=5))
    assert len(history.loss) == 5
    assert not np.isfinite(history.loss[-1])


def test_ctrl_c_returns_what_was_recorded() -> None:
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

    history = run(replace(SMALL, model=Interrupting(sizes=(784, 10))))
    assert history.interrupted
    assert len(history.loss) == len(history.seconds) == 7


def test_a_history_comes_back_from_its_file(tmp_path: Path) -> None:
    history = run(replace(SMALL, optimizer=SGD(lr=1e30), steps=5))  # holds NaN and infinity
    path = history.save(tmp_path / "run.json")
    loaded = History.load(path)
    np.testing.assert_array_equal(loaded.loss, history.loss)
    assert repr(loaded) == repr(history)
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


@pytest.mark.parametrize("text", ["{", "[]", '{"loss": [1]}', '{"lass": []}'])
def test_a_file_that_is_no_history_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "run.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"run\.json must be a History saved as JSON, with loss, lr"):
        History.load(path)


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
        ({"optimizer": "adam"}, r"optimizer must have a method update\(\), got 'adam'"),
        ({"data": None}, r"data must have a method load\(\), got None"),
        ({"steps": -1}, "steps must be at least 0, got -1"),
        ({"steps": 1.5}, "steps must be a whole number, got 1.5 of type float"),
        ({"batch_size": 0}, "batch_size must be at least 1, got 0"),
        ({"dtype": "float16"}, "dtype must be one of 'float32', 'float64', got 'float16'"),
        ({"seed": True}, "seed must be a whole number, got True of type bool"),
        ({"eval_every": 0}, "eval_every must be at least 1, got 0"),
    ],
)
def test_bad_experiments_are_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        replace(SMALL, **change)


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
    run(short, progress=True)
    assert "3" in capfd.readouterr().err
    run(short, progress=False)
    assert capfd.readouterr() == ("", "")
    monkeypatch.setenv("LOSSBOOK_FACE", "static")
    run(short)
    assert capfd.readouterr() == ("", "")
