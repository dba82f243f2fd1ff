"""Loops that do not call the model as a whole: they call forward() itself, or parts of it, or a method of its own."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable

import numpy as np
import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.evidence.replay import train
from lossbook.probes import PROBES

STEPS = 12


class Winds(nn.Module):
    """Tells the strength of the wind from what three masts feel."""

    def __init__(self, last: nn.Module | None = None, between: nn.Module | None = None) -> None:
        super().__init__()
        self.seen, self.between = nn.Linear(3, 6), between or nn.Tanh()
        self.said, self.last = nn.Linear(6, 2), last or nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.said(self.between(self.seen(x))))

    def likelihood(self, x: Tensor) -> Tensor:
        return -self.said(self.between(self.seen(x))).square().sum(1)


def trained(model: nn.Module, loss_of: Callable[[Tensor], Tensor]) -> tuple[Case, list[float]]:
    with seeded(0):
        optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
        losses = []
        with watch(model, optimizer) as watching:
            for _ in range(STEPS):
                optimizer.zero_grad()
                loss = loss_of(torch.randn(16, 3))
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
    return watching.case(), losses


def made(**knobs: nn.Module) -> Winds:
    with seeded(1):
        return Winds(**knobs)


def test_forward_called_by_itself_is_seen_as_a_call() -> None:
    model = made()
    case, losses = trained(model, lambda x: F.mse_loss(model.forward(x), x[:, :2].abs()))
    assert case.loss is not None
    assert case.seen.forwards == STEPS
    assert case.seen.gaps == ()
    np.testing.assert_array_equal(train(case, case.start, STEPS)[1], losses)


def test_the_class_is_as_it_was_and_copies_take_nothing_along() -> None:
    before, model = Winds.forward, made()
    with watch(model) as first:
        assert Winds.forward is not before
        with watch(other := made()):
            twin, again = copy.deepcopy(model), pickle.loads(pickle.dumps(model))
            for each in (twin, again, other):
                each.forward(torch.ones(2, 3)).sum().backward()
        model.forward(torch.ones(2, 3)).sum().backward()
        model(torch.ones(2, 3)).sum().backward()
    assert Winds.forward is before
    assert first.case().seen.forwards == 2


def test_what_forward_raises_reaches_the_loop() -> None:
    model = made()
    with watch(model) as watching:
        with pytest.raises(RuntimeError, match="shapes"):
            model.forward(torch.ones(2, 4))
        model.forward(torch.ones(2, 3)).sum().backward()
    assert watching.case().seen.forwards == 2


@pytest.mark.parametrize("way", ["parts", "method"])
def test_parts_that_are_called_one_by_one_are_told_as_whole_steps(way: str) -> None:
    model = made()

    def by_parts(x: Tensor) -> Tensor:
        return F.mse_loss(model.said(torch.relu(model.seen(x))), x[:, :2].abs())

    def by_method(x: Tensor) -> Tensor:
        return -model.likelihood(x).mean()

    case, losses = trained(model, {"parts": by_parts, "method": by_method}[way])
    assert len(case.batches) == STEPS
    assert case.seen.gaps == ()
    np.testing.assert_allclose(train(case, case.start, STEPS)[1], losses, rtol=1e-5)
    readings = {key: decide(case) for key, decide in PROBES.items()}
    assert {key: str(one) for key, one in readings.items() if one.found or "the test itself" in one.sentence} == {}


def test_numbers_that_a_part_makes_of_weights_gone_wrong_are_no_fault_of_the_data() -> None:
    model = made()

    def grows(x: Tensor) -> Tensor:
        return model.said(model.seen(x) * 1e20).square().sum() * 1e10

    case, _ = trained(model, grows)
    assert case.seen.first_bad is not None
    assert not PROBES["nonfinite-inputs"](case).found


@pytest.mark.parametrize("last", [nn.Sigmoid(), nn.Softmax(-1), nn.Tanh()], ids=["sigmoid", "softmax", "tanh"])
def test_an_affine_map_behind_a_squashing_end_is_found(last: nn.Module) -> None:
    broken, sound = made(last=last, between=nn.Identity()), made(last=last)
    for model, found in ((broken, True), (sound, False)):
        case, _ = trained(model, lambda x, model=model: F.mse_loss(model(x), (x[:, :2] > 0).float()))
        assert PROBES["missing-nonlinearity"](case).found is found
