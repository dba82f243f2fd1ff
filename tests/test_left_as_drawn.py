"""A part that nobody has trained is left out of the optimiser by mistake; one that was trained, on purpose."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from foreign import seeded
from torch import Tensor, nn

from lossbook.diagnosis import watch
from lossbook.evidence import Case
from lossbook.probes import PROBES

N, CARDS = 640, 24


class Pairing(nn.Module):
    """How well a card suits a hand: a net of the hand times a row, or a net, of the card."""

    def __init__(self, *, table: bool) -> None:
        super().__init__()
        self.hand = nn.Sequential(nn.Linear(5, 32), nn.Tanh(), nn.Linear(32, 6))
        self.card, self.offset = nn.Embedding(CARDS, 6), nn.Embedding(CARDS, 1)
        self.shape = nn.Identity() if table else nn.Sequential(nn.Linear(6, 24), nn.Tanh(), nn.Linear(24, 6))
        nn.init.zeros_(self.offset.weight)
        if table:
            nn.init.normal_(self.card.weight, std=0.5)

    def forward(self, hand: Tensor, card: Tensor) -> Tensor:
        return (self.hand(hand) * self.shape(self.card(card))).sum(1) + self.offset(card)[:, 0]

    def of_cards(self) -> list[nn.Parameter]:
        return [*self.card.parameters(), *self.offset.parameters(), *self.shape.parameters()]


def played(*, table: bool, before: int, held: Callable[[Pairing], list[nn.Parameter]]) -> Case:
    """Cards are worth something by a draw; all is trained for ``before`` steps, and then what is ``held``."""
    with seeded(0):
        hand, card = torch.randn(N, 5), torch.randint(CARDS, (N,))
        worth = (hand @ torch.randn(5, 4) * torch.randn(CARDS, 4)[card]).sum(1) / 2 + torch.randn(CARDS)[card]
        model = Pairing(table=table)
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
        for _ in range(before):
            optimizer.zero_grad()
            F.mse_loss(model(hand, card), worth).backward()
            optimizer.step()
        optimizer = torch.optim.Adam(held(model), lr=1e-2)
        with watch(model, optimizer) as watching:
            for rows in (rows for _ in range(12) for rows in torch.randperm(N).split(32)):
                optimizer.zero_grad()
                loss = F.mse_loss(model(hand[rows], card[rows]), worth[rows])
                loss.backward()
                optimizer.step()
                watching.step(loss)
    return watching.case()


def hands_alone(model: Pairing) -> list[nn.Parameter]:
    return [*model.hand.parameters()]


@pytest.mark.parametrize("table", [True, False])
def test_a_part_as_it_was_drawn_is_missed_in_the_optimizer(table: bool) -> None:
    reading = PROBES["parameters-not-optimized"](played(table=table, before=0, held=hands_alone))
    assert reading.found, reading


@pytest.mark.parametrize("table", [True, False])
def test_a_part_that_was_trained_before_may_stay_out(table: bool) -> None:
    reading = PROBES["parameters-not-optimized"](played(table=table, before=300, held=hands_alone))
    assert not reading.found, reading


def test_what_is_as_it_was_drawn_and_does_no_harm_may_stay_out() -> None:
    def all_but_a_layer(model: Pairing) -> list[nn.Parameter]:
        return [param for name, param in model.named_parameters() if not name.startswith("hand.0")]

    reading = PROBES["parameters-not-optimized"](played(table=False, before=0, held=all_but_a_layer))
    assert not reading.found, reading
