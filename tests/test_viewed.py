"""Logits of several places that are brought into the shape of cross entropy by a view, and by a transpose."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES

KINDS, LONG = 4, 7
Loss = Callable[[Tensor, Tensor], Tensor]


def chords(loss: Loss, *, classes_second: bool = False) -> Case:
    """Which chord sounds at each of seven beats, from twelve tones."""
    with seeded(6):
        x = torch.rand(240, LONG, 12)
        y = x[..., :KINDS].argmax(-1)
        net = nn.Sequential(nn.Linear(12, KINDS))
        if classes_second:
            net = nn.Sequential(nn.Flatten(), nn.Linear(LONG * 12, KINDS * LONG), nn.Unflatten(1, (KINDS, LONG)))
        optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
        with watch(net, optimizer) as watching:
            for rows in torch.arange(240).split(16):
                optimizer.zero_grad()
                value = loss(net(x[rows]), y[rows])
                value.backward()
                optimizer.step()
                watching.step(value)
    return watching.case()


def viewed(out: Tensor, y: Tensor) -> Tensor:
    return F.cross_entropy(out.view(len(out), KINDS, LONG), y)


def turned(out: Tensor, y: Tensor) -> Tensor:
    return F.cross_entropy(out.transpose(1, 2), y)


def flat(out: Tensor, y: Tensor) -> Tensor:
    return F.cross_entropy(out.reshape(-1, KINDS), y.flatten())


def flat_in_turn(out: Tensor, y: Tensor) -> Tensor:
    return F.cross_entropy(out.transpose(1, 2).reshape(-1, KINDS), y.flatten())


@pytest.mark.parametrize(("loss", "classes_second"), [(viewed, False), (flat, True)])
def test_classes_and_places_exchanged_by_a_view(loss: Loss, classes_second: bool) -> None:
    assert PROBES["labels-misaligned"](chords(loss, classes_second=classes_second)).certain


@pytest.mark.parametrize(
    ("loss", "classes_second"), [(turned, False), (flat, False), (flat_in_turn, True), (F.cross_entropy, True)]
)
def test_classes_where_they_belong_are_sound(loss: Loss, classes_second: bool) -> None:
    assert not PROBES["labels-misaligned"](chords(loss, classes_second=classes_second)).found
