"""A penalty that the lines of a loop add to the loss: its form and its strength are found by the numbers alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

import lossbook
from lossbook.evidence import Case
from lossbook.evidence.own_penalty import FORMS, OwnPenalty
from lossbook.probes import PROBES

N, WIDTH, STEPS, STRENGTH = 32, 8, 40, 0.05


def trained(added: Callable[[nn.Module, Tensor], Tensor], optimizer: str = "Adam", **told: object) -> Case:
    """The case of a regression whose loop adds this to the squared error."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        x, way = torch.randn(N * STEPS, WIDTH), torch.randn(WIDTH, 1)
        model = nn.Sequential(nn.Linear(WIDTH, 16), nn.Tanh(), nn.Linear(16, 1))
    steps = getattr(torch.optim, optimizer)(model.parameters(), lr=0.02)
    loss_fn = nn.MSELoss()
    with lossbook.watch(model, steps, loss_fn=loss_fn) as watch:
        for inputs, target in zip(x.split(N), (x @ way).split(N), strict=True):
            output = model(inputs)
            loss = loss_fn(output, target) + added(model, output)
            steps.zero_grad()
            loss.backward()
            steps.step()
            watch.step(loss)
    return watch.case()


def sums(form: str, biases: bool) -> Callable[[nn.Module, Tensor], Tensor]:
    """``STRENGTH`` times such a sum, in the words of a loop."""

    def added(model: nn.Module, output: Tensor) -> Tensor:
        total = torch.tensor(0.0)
        for param in model.parameters():
            if biases or param.ndim > 1:
                total = total + FORMS[form](param)
        return STRENGTH * total

    return added


@pytest.mark.parametrize("optimizer", ["Adam", "SGD"])
@pytest.mark.parametrize("biases", [True, False])
@pytest.mark.parametrize("form", FORMS)
def test_form_and_strength_are_found(form: str, biases: bool, optimizer: str) -> None:
    case = trained(sums(form, biases), optimizer)
    assert isinstance(case.penalty, OwnPenalty)
    assert (case.penalty.form, case.penalty.biases) == (form, biases)
    assert case.penalty.strength == pytest.approx(STRENGTH, rel=1e-3)
    assert any("penalty" in gap for gap in case.seen.gaps)


@pytest.mark.parametrize(
    "added",
    [
        lambda model, output: 0.1 * output.square().mean(),  # of the outputs
        lambda model, output: 0.1 * model[0].weight[0].abs().sum(),  # of a part
    ],
    ids=["of outputs", "of a part"],
)
def test_what_is_no_such_penalty_is_none(added: Callable[[nn.Module, Tensor], Tensor]) -> None:
    assert trained(added).penalty is None


def test_one_that_outweighs_the_data_is_told_from_one_that_does_not() -> None:
    strong, weak = (trained(lambda model, _, s=s: s * sum(p.norm() for p in model.parameters())) for s in (8.0, 1e-4))
    assert PROBES["weight-decay-too-strong"](strong).found
    assert not PROBES["weight-decay-too-strong"](weak).found
