"""Features of a run: groups, accumulation, projections, plateau, early stopping, and continuing from a checkpoint."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from lossbook import Experiment, History, build, run, sweep
from lossbook.data import Digits, RandomCrop
from lossbook.loop import Loop
from lossbook.losses import SoftmaxCrossEntropy
from lossbook.models import MLP, NumPyMLP
from lossbook.optim import SGD, Adam, FromTorch, Groups, TorchTwin
from lossbook.projections import MaxNorm
from lossbook.schedules import Cosine, ReduceOnPlateau
from lossbook.stopping import EarlyStopping

BASE = Experiment(
    Digits(train_size=200),
    MLP((784, 16, 10)),
    SoftmaxCrossEntropy(),
    Adam(lr=0.01),
    batch_size=20,
    steps=24,
    eval_every=6,
    dtype="float64",
    device="cpu",
)
NUMPY = replace(BASE, model=NumPyMLP((784, 16, 10)))


# parameter groups


def test_a_group_gets_its_own_settings() -> None:
    decayed, plain = SGD(lr=0.1, weight_decay=0.5), SGD(lr=0.1)
    models = {name: build(BASE) for name in ("grouped", "decayed", "plain")}
    rules = {"grouped": Groups(decayed, (("*.bias", plain),)), "decayed": decayed, "plain": plain}
    for name, rule in rules.items():
        run(replace(BASE, optimizer=rule, steps=1), model=models[name], progress=False)
    grouped, all_decayed, none_decayed = (dict(model.named_parameters()) for model in models.values())
    for name, param in grouped.items():
        right, wrong = (none_decayed, all_decayed) if name.endswith("bias") else (all_decayed, none_decayed)
        assert torch.equal(param, right[name])
        assert not torch.equal(param, wrong[name])


def test_groups_of_one_rule_train_as_the_rule() -> None:
    rule = Adam(lr=Cosine(0.01, 0.0, 24))
    assert run(replace(BASE, optimizer=Groups(rule)), progress=False) == run(
        replace(BASE, optimizer=rule), progress=False
    )


def test_a_group_has_a_rate_and_a_schedule_of_its_own() -> None:
    frozen = Groups(SGD(lr=Cosine(0.1, 0.0, 24)), (("1.*", SGD(lr=0.0)),))
    model = build(BASE).double()
    before = {name: param.clone() for name, param in model.state_dict().items()}
    history = run(replace(BASE, optimizer=frozen), model=model, progress=False)
    assert history.lr == tuple(Cosine(0.1, 0.0, 24)(step) for step in range(24))
    moved = {name for name, param in model.state_dict().items() if not torch.equal(param, before[name])}
    assert moved == {"3.weight", "3.bias"}


def test_groups_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="rules of the same class as rule, got Adam and SGD"):
        Groups(Adam(), (("*.bias", SGD()),))
    with pytest.raises(TypeError, match="a pattern of names, as '\\*.bias', got 3"):
        Groups(Adam(), ((3, Adam()),))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"fit the name of a parameter, got '\*.gain' for 1.weight"):
        run(replace(BASE, optimizer=Groups(Adam(), (("*.gain", Adam()),))), progress=False)
    with pytest.raises(TypeError, match="optimizer must be one rule for a NumPy model"):
        run(replace(NUMPY, optimizer=Groups(Adam())), progress=False)


# accumulation


def test_accumulated_batches_train_as_one_large_batch() -> None:
    small = replace(BASE, loop=Loop(accumulate=4), batch_size=5, shuffle=False, optimizer=SGD(lr=0.1, momentum=0.9))
    large = replace(small, loop=Loop(), batch_size=20, steps=6)
    models = [build(BASE).double(), build(BASE).double()]
    history, expected = (
        run(each, model=model, progress=False) for each, model in zip((small, large), models, strict=True)
    )
    for one, other in zip(*(model.parameters() for model in models), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(history.grad_norm[3::4], expected.grad_norm, rtol=1e-10)
    ratios = np.array(history.update_ratio).reshape(6, 4)
    assert (ratios[:, :3] == 0).all()  # between two updates nothing moves
    assert (ratios[:, 3] > 0).all()


def test_a_schedule_counts_updates_when_batches_are_accumulated() -> None:
    rates = run(replace(BASE, loop=Loop(accumulate=4), optimizer=SGD(lr=Cosine(0.1, 0.0, 6))), progress=False).lr
    assert rates == tuple(Cosine(0.1, 0.0, 6)(step // 4) for step in range(24))


def test_accumulation_needs_a_torch_model_and_a_whole_number() -> None:
    with pytest.raises(ValueError, match="accumulate must be at least 1, got 0"):
        Loop(accumulate=0)
    with pytest.raises(TypeError, match=r"loop must be Loop\(\) for a NumPy model"):
        run(replace(NUMPY, loop=Loop(accumulate=2)), progress=False)
    assert not sweep(replace(BASE, loop=Loop(accumulate=2)), "optimizer.lr", [0.1, 0.01], progress=False)[0].batched


# a bound on the weights


@pytest.mark.parametrize("base", [BASE, NUMPY], ids=["torch", "numpy"])
def test_no_row_of_weights_is_ever_longer_than_allowed(base: Experiment) -> None:
    model: Any = base.model.init(0) if base is NUMPY else build(base)
    run(replace(base, projection=MaxNorm(0.3), optimizer=SGD(lr=0.5)), model=model, progress=False)
    params = list(model.values() if base is NUMPY else (param.detach().numpy() for param in model.parameters()))
    lengths = np.concatenate([np.linalg.norm(param, axis=1) for param in params if param.ndim == 2])
    assert lengths.max() <= 0.3 * (1 + 1e-12)
    assert (lengths > 0.3 * (1 - 1e-9)).any()
    assert max(np.abs(param).max() for param in params if param.ndim == 1) > 0  # biases train on


# rules that look at the held-out loss


@pytest.mark.parametrize("base", [BASE, NUMPY], ids=["torch", "numpy"])
@pytest.mark.parametrize("twin", [False, True])
def test_a_plateau_makes_the_rates_smaller_from_that_look_on(base: Experiment, twin: bool) -> None:
    if twin and base is NUMPY:
        return
    rule = SGD(lr=Cosine(0.01, 0.0, 24))
    plateau = ReduceOnPlateau(factor=0.5, patience=0, threshold=0.9)  # nothing is good enough
    history = run(replace(base, optimizer=TorchTwin(rule) if twin else rule, plateau=plateau), progress=False)
    expected = [Cosine(0.01, 0.0, 24)(step) * 0.5 ** (step // 6) for step in range(24)]
    np.testing.assert_allclose(history.lr, expected, rtol=1e-12)


@pytest.mark.parametrize("base", [BASE, NUMPY], ids=["torch", "numpy"])
def test_early_stopping_ends_the_run_and_puts_the_best_weights_back(base: Experiment) -> None:
    long = replace(base, optimizer=Adam(lr=0.05), steps=400, eval_every=5, stopping=EarlyStopping(patience=4))
    model: Any = base.model.init(0) if base is NUMPY else build(base)
    history = run(long, model=model, progress=False)
    best = int(np.argmin(history.val_loss))
    assert len(history.loss) == history.eval_step[-1] < 400
    assert len(history.val_loss) - 1 - best == 4
    assert not history.interrupted
    assert history == run(replace(long, steps=400), progress=False)
    until = run(replace(long, stopping=None, steps=history.eval_step[best]), progress=False)
    again = run(replace(base, steps=0), model=model, progress=False)
    assert again.val_loss[0] == pytest.approx(until.val_loss[-1], rel=1e-12) == pytest.approx(min(history.val_loss))


# continuing from a checkpoint


class Pressed(KeyboardInterrupt):
    """Ctrl-C."""


def interrupted_at(step: int, loop: Loop) -> Loop:
    class CtrlC(type(loop)):  # type: ignore[misc]
        def step(self, training: Any, x: Any, y: Any) -> Any:
            if training.step == step:
                raise Pressed
            return super().step(training, x, y)

        def __repr__(self) -> str:
            return repr(loop)

    return CtrlC(**vars(loop))


RESUMED = {
    "adam": BASE,
    "numpy": NUMPY,
    "a schedule": replace(BASE, optimizer=SGD(lr=Cosine(0.1, 0.0, 24), momentum=0.9)),
    "torch's own": replace(BASE, optimizer=TorchTwin(Adam(lr=Cosine(0.01, 0.0, 24)))),
    "torch's own class": replace(BASE, optimizer=FromTorch(torch.optim.AdamW, lr=0.01)),
    "dropout": replace(BASE, model=MLP((784, 16, 10), dropout=0.5)),
    "batch norm": replace(BASE, model=MLP((784, 16, 10), norm="batch")),
    "augmentation": replace(BASE, augment=RandomCrop(28, 2)),
    "accumulation": replace(BASE, loop=Loop(accumulate=5)),
    "plateau": replace(BASE, plateau=ReduceOnPlateau(factor=0.5, patience=0, threshold=0.9)),
    "groups": replace(BASE, optimizer=Groups(Adam(), (("*.bias", Adam(lr=0.1)),))),
    "a foreign module that draws": replace(
        BASE, model=nn.Sequential(nn.Flatten(), nn.Linear(784, 10), nn.Dropout(0.3))
    ),
}


def weights_of(model: Any) -> list[np.ndarray]:
    return list(model.values()) if isinstance(model, dict) else [p.numpy() for p in model.state_dict().values()]


@pytest.mark.parametrize("at", [0, 3, 6, 17])
@pytest.mark.parametrize("kind", RESUMED)
def test_a_run_that_goes_on_gives_what_one_run_gives_bit_for_bit(kind: str, at: int, tmp_path: Path) -> None:
    experiment, path = RESUMED[kind], tmp_path / "run.pt"
    fresh = (lambda: experiment.model.init(0)) if kind == "numpy" else (lambda: build(experiment).double())
    whole, resumed = fresh(), fresh()
    expected = run(experiment, model=whole, progress=False)
    if kind == "numpy":  # a NumPy model takes no other loop: a shorter run replaces Ctrl-C
        run(replace(experiment, steps=at - at % 6), checkpoint=path, progress=False)
    else:
        stump = run(replace(experiment, loop=interrupted_at(at, experiment.loop)), checkpoint=path, progress=False)
        assert stump.interrupted
        assert len(stump.loss) == at
    assert run(experiment, model=resumed, checkpoint=path, progress=False) == expected
    for one, other in zip(weights_of(whole), weights_of(resumed), strict=True):
        np.testing.assert_array_equal(one, other)
    assert run(experiment, checkpoint=path, progress=False) == expected  # it is done: nothing is trained


def test_a_run_that_stopped_early_is_done(tmp_path: Path) -> None:
    experiment = replace(BASE, optimizer=Adam(lr=0.05), steps=400, eval_every=5, stopping=EarlyStopping(patience=4))
    first = run(experiment, checkpoint=tmp_path / "run.pt", progress=False)
    model = build(experiment)
    assert run(experiment, model=model, checkpoint=tmp_path / "run.pt", progress=False) == first
    assert run(replace(BASE, steps=0), model=model, progress=False).val_loss[0] == pytest.approx(min(first.val_loss))


def test_a_run_can_be_made_longer(tmp_path: Path) -> None:
    path = tmp_path / "run.pt"
    short = run(replace(BASE, steps=12), checkpoint=path, progress=False)
    longer = run(BASE, checkpoint=path, progress=False)
    assert longer == run(BASE, progress=False)
    assert longer.loss[:12] == short.loss
    assert longer.seconds == tuple(sorted(longer.seconds))


def test_a_checkpoint_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.pt"
    run(replace(BASE, steps=9), checkpoint=path, progress=False)
    with pytest.raises(ValueError, match=r"of another one \(seed: 0 there\)"):
        run(replace(BASE, seed=1), checkpoint=path, progress=False)
    with pytest.raises(ValueError, match="steps must be 9, as in the checkpoint, .* can be made longer"):
        run(BASE, checkpoint=path, progress=False)
    with pytest.raises(ValueError, match="steps must be 9"):
        run(replace(BASE, steps=6), checkpoint=path, progress=False)
    path.write_bytes(b"nonsense")
    with pytest.raises(ValueError, match="checkpoint must be the file of a run, got .*run.pt"):
        run(BASE, checkpoint=path, progress=False)
    assert not list(tmp_path.glob("*.part"))


def test_a_loop_that_trains_another_model_cannot_be_resumed(tmp_path: Path) -> None:
    from lossbook.scenarios.loop import OptimizerInTheLoop

    with pytest.raises(ValueError, match="checkpoint goes with a loop that trains .* OptimizerInTheLoop"):
        run(replace(BASE, loop=OptimizerInTheLoop()), checkpoint=tmp_path / "run.pt", progress=False)


def test_chance_is_the_loss_of_the_best_constant_in_runs_and_sweeps() -> None:
    one: History = run(BASE, progress=False)
    assert one.chance == pytest.approx(np.log(10), abs=0.05)
    assert [each.chance for each in sweep(BASE, "optimizer.lr", [0.01, 0.1], progress=False)] == [one.chance] * 2
    torchs = replace(BASE, loss=nn.CrossEntropyLoss())
    assert run(torchs, progress=False).chance == pytest.approx(one.chance)
