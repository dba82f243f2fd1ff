"""``prepare`` makes what ``run`` trains, and ``on_step`` observes it: neither changes a number of the run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from lossbook import Experiment, Step, data, losses, models, optim, prepare, run, schedules
from lossbook.loop import Loop
from lossbook.scenarios import SCENARIOS, Scenario
from lossbook.scenarios.case import case_of

TORCH = Experiment(
    data.Digits(train_size=640, train_transform=data.Pool(), val_transform=data.Pool()),
    models.MLP((196, 16, 10), dropout=0.2),
    losses.SoftmaxCrossEntropy(),
    optim.Adam(lr=schedules.Exponential(0.01, gamma=0.9)),
    steps=13,
    eval_every=5,
    device="cpu",
)
NUMPY = replace(TORCH, model=models.NumPyMLP((196, 16, 10)))
both = pytest.mark.parametrize("experiment", [TORCH, NUMPY], ids=["torch", "numpy"])


@both
def test_run_trains_what_prepare_makes(experiment: Experiment) -> None:
    expected = run(experiment)
    model, optimizer = prepare(experiment)
    before = {name: np.array(value) for name, value in weights(model).items()}
    assert run(experiment, model=model, optimizer=optimizer) == expected
    assert all(not np.array_equal(before[name], value) for name, value in weights(model).items())
    states = optimizer.state.values() if isinstance(optimizer, torch.optim.Optimizer) else optimizer.values()
    assert {int(state["step"] if isinstance(state, dict) else state.step) for state in states} == {13}


def weights(model: Any) -> dict[str, Any]:
    return {name: value.numpy() for name, value in model.state_dict().items()} if hasattr(model, "train") else model


@both
def test_an_optimizer_that_is_given_goes_on(experiment: Experiment) -> None:
    model, optimizer = prepare(experiment)
    parts = [run(experiment, model=model, optimizer=optimizer).lr for _ in range(2)]
    assert parts[0] + parts[1] == pytest.approx([0.01 * 0.9**step for step in range(26)], rel=1e-12)


@both
def test_each_step_is_shown_and_nothing_changes(experiment: Experiment) -> None:
    seen = list[Step]()
    assert run(experiment, on_step=seen.append) == run(experiment)
    assert [step.number for step in seen] == list(range(1, 14))
    assert [len(step.x) for step in seen] == [64] * 10 + [64] * 3
    assert tuple(float(step.loss) for step in seen) == run(experiment).loss
    kind = (np.ndarray,) if experiment is NUMPY else (torch.Tensor,)
    assert all(isinstance(value, kind) for step in seen for value in (step.x, step.y))
    names = {"params", "states"} if experiment is NUMPY else {"model", "optimizer"}
    assert all(hasattr(step.training, name) for step in seen for name in names)


@both
def test_a_true_answer_ends_the_run_after_a_last_look(experiment: Experiment) -> None:
    whole, ended = run(experiment), run(experiment, on_step=lambda step: step.number == 7)
    assert ended.loss == whole.loss[:7]
    assert ended.eval_step == (0, 5, 7)
    assert ended.val_loss[:2] == whole.val_loss[:2]
    assert not ended.interrupted
    assert run(replace(experiment, steps=7)) == ended


@pytest.mark.parametrize(
    "row", [row for row in SCENARIOS.values() if row.cause == "state-reset"], ids=lambda row: row.key
)
def test_a_faulty_loop_shows_the_optimizer_that_it_has_put_in(row: Scenario) -> None:
    seen = list[Any]()
    run(replace(row.broken, steps=40, device="cpu"), on_step=lambda step: seen.append(step.training.optimizer))
    assert len(set(map(id, seen))) > 1


def test_what_is_raised_while_it_looks_on_ends_the_run_unchanged() -> None:
    def look(step: Step) -> None:
        raise LookupError(f"at step {step.number}")

    with pytest.raises(LookupError, match="at step 1"):
        run(TORCH, on_step=look)


@both
def test_an_optimizer_without_its_model_is_refused(experiment: Experiment) -> None:
    _, optimizer = prepare(experiment)
    with pytest.raises(TypeError, match="optimizer must come with the model that it trains, .* got none: prepare()"):
        run(experiment, optimizer=optimizer)


def test_what_is_no_optimizer_is_refused() -> None:
    model, _ = prepare(TORCH)
    with pytest.raises(TypeError, match=r"optimizer must be a torch.optim.Optimizer, as prepare.* got Adam"):
        run(TORCH, model=model, optimizer=optim.Adam())  # type: ignore[arg-type]


def test_states_of_another_kind_are_refused() -> None:
    params, _ = prepare(NUMPY)
    with pytest.raises(TypeError, match=r"optimizer must be a dict of states, as prepare\(\) gives it, got Adam\."):
        run(NUMPY, model=params, optimizer=optim.Adam())  # type: ignore[arg-type]


def test_given_parameters_get_an_optimizer_of_their_own() -> None:
    narrow = replace(NUMPY, model=models.NumPyMLP((196, 4, 10)))
    params, _ = prepare(narrow)
    assert run(narrow, model=params) == run(narrow)


class Zeroed(torch.nn.Module):
    """Changes its inputs in place, as ``relu_`` does."""

    def __init__(self) -> None:
        super().__init__()
        self.last = torch.nn.Linear(196, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        output = self.last(x.flatten(1).clone())
        x.zero_()
        return output


def test_a_step_shows_its_inputs_as_the_model_got_them() -> None:
    experiment, seen = replace(TORCH, model=Zeroed(), augment=None), list[Step]()
    run(experiment, on_step=seen.append)
    assert all(bool(step.x.any()) for step in seen)
    assert all(bool(batch.x.any()) for batch in case_of(experiment).batches)


def test_a_loop_of_ones_own_is_shown_as_well() -> None:
    class Twice(Loop):
        def step(self, training: Any, x: Any, y: Any) -> Any:
            super().step(training, x, y)
            return super().step(training, x, y)

    seen = list[Step]()
    history = run(replace(TORCH, loop=Twice()), on_step=seen.append)
    assert tuple(float(step.loss) for step in seen) == history.loss
