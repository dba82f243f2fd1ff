"""Series of unequal lengths, filled up with zeros at one end in training and at the other end held out."""

from __future__ import annotations

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES, Reading

N, LENGTH, STEPS = 40, 9, 150


class LastBreath(nn.Module):
    """Which way a series of two measurements goes; it reads the places as they stand, or only those that are filled."""

    def __init__(self, *, masks: bool) -> None:
        super().__init__()
        self.each, self.places, self.head, self.masks = nn.Linear(2, 12), nn.Linear(LENGTH, 1), nn.Linear(12, 3), masks

    def forward(self, x: Tensor) -> Tensor:
        h = torch.tanh(self.each(x))
        if self.masks:
            there = (x != 0).any(2, keepdim=True)
            return self.head((h * there).sum(1) / there.sum(1))
        return self.head(self.places(h.transpose(1, 2)).squeeze(2))


def series(n: int, *, front: bool, whole: bool = False) -> tuple[Tensor, Tensor]:
    kind, lengths = torch.randint(3, (n,)), torch.randint(3, LENGTH, (n,))
    lengths = torch.full((n,), LENGTH) if whole else lengths
    steps = torch.arange(LENGTH) + 1.0
    x = torch.stack([steps * (kind[:, None] - 1), steps.expand(n, -1)], 2) / LENGTH + 0.1 * torch.randn(n, LENGTH, 2)
    x = x * (torch.arange(LENGTH) < lengths[:, None])[..., None]
    rows = [each.roll(LENGTH - int(length), 0) for each, length in zip(x, lengths, strict=True)] if front else x
    return torch.stack([*rows]), kind


def trained(held: tuple[Tensor, Tensor], *, front: bool, masks: bool = False) -> Case:
    with seeded(0):
        model = LastBreath(masks=masks)
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
        with watch(model, optimizer) as watching:
            for _ in range(STEPS):
                x, y = series(N, front=front)
                optimizer.zero_grad()
                loss = F.cross_entropy(model(x), y)
                loss.backward()
                optimizer.step()
                watching.step(loss)
            model.eval()
            with torch.no_grad():
                F.cross_entropy(model(held[0]), held[1])
    return watching.case()


def reading(*, front: bool, held_front: bool, masks: bool = False, whole: bool = False) -> Reading:
    with seeded(1):
        held = series(100, front=held_front, whole=whole)
    return PROBES["preprocessing-mismatch"](trained(held, front=front, masks=masks))


@pytest.mark.parametrize("front", [True, False])
def test_series_that_are_filled_up_at_the_other_end_are_found(front: bool) -> None:
    said = reading(front=front, held_front=not front)
    assert said.found, said
    assert "filled up" in said.sentence


def test_the_same_end_and_a_model_that_masks_are_sound() -> None:
    assert not reading(front=True, held_front=True).found
    assert not reading(front=True, held_front=False, masks=True).found
    assert not reading(front=False, held_front=False, whole=True).found
