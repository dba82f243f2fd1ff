"""Weights of classes upside down, in another order than the classes, and as they should be."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES

SHARES = torch.tensor([0.62, 0.08, 0.3])
Make = Callable[[Tensor], nn.Module]


def berries(make: Make, *, ripe_or_not: bool = False, shares: Tensor = SHARES) -> Case:
    """The kind of a berry from four measurements, or whether it is of the second kind."""
    with seeded(8):
        y = torch.multinomial(shares, 900, replacement=True)
        x = torch.randn(900, 4) + torch.eye(3, 4)[y]
        y = (y == 1).float() if ripe_or_not else y
        net = nn.Linear(4, 1 if ripe_or_not else 3)
        optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
        criterion = make(torch.bincount(y.long()).float())
        with watch(net, optimizer, loss_fn=criterion) as watching:
            for some, kinds in zip(x.split(30), y.split(30), strict=True):
                optimizer.zero_grad()
                loss = criterion(net(some).squeeze(1), kinds)
                loss.backward()
                optimizer.step()
                watching.step(loss)
    return watching.case()


def of_classes(weigh: Callable[[Tensor], Tensor]) -> Make:
    return lambda counts: nn.CrossEntropyLoss(weight=weigh(counts))


def of_yes(weigh: Callable[[Tensor], Tensor]) -> Make:
    return lambda counts: nn.BCEWithLogitsLoss(pos_weight=weigh(counts))


@pytest.mark.parametrize("weigh", [lambda n: n / n.sum(), lambda n: (n.sum() / n).sort().values])
def test_weights_of_other_classes(weigh: Callable[[Tensor], Tensor]) -> None:
    assert PROBES["class-imbalance"](berries(of_classes(weigh))).certain


@pytest.mark.parametrize(
    "weigh", [lambda n: n.sum() / n, lambda n: torch.ones_like(n), lambda n: torch.tensor([1.0, 1.0, 5.0])]
)
def test_weights_that_balance_none_and_a_price_are_sound(weigh: Callable[[Tensor], Tensor]) -> None:
    assert not PROBES["class-imbalance"](berries(of_classes(weigh))).certain


def test_weights_of_classes_that_are_as_frequent_as_each_other_are_sound() -> None:
    case = berries(of_classes(lambda n: torch.tensor([1.0, 2.0, 4.0])), shares=torch.ones(3))
    assert not PROBES["class-imbalance"](case).found


def test_the_weight_of_yes() -> None:
    assert PROBES["class-imbalance"](berries(of_yes(lambda n: n[1] / n[0]), ripe_or_not=True)).certain
    assert not PROBES["class-imbalance"](berries(of_yes(lambda n: n[0] / n[1]), ripe_or_not=True)).certain
