"""Signals that are turned over by a draw of their own, and not with the marks of each moment; and sound look-alikes."""

from __future__ import annotations

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES
from lossbook.probes.mirrored import turned_apart

N, LENGTH, SIZE, EPOCHS = 128, 24, 16, 4


def either(x: Tensor, *others: Tensor) -> tuple[Tensor, ...]:
    """All of them turned over, or none, for each example."""
    turned = (torch.rand(len(x)) < 0.5)[:, None]
    return tuple(torch.where(turned, each.flip(-1), each) for each in (x, *others))


def both(x: Tensor, y: Tensor) -> tuple[Tensor, ...]:
    return either(x, y)


def each_alone(x: Tensor, y: Tensor) -> tuple[Tensor, ...]:
    return *either(x), *either(y)


def inputs_alone(x: Tensor, y: Tensor) -> tuple[Tensor, ...]:
    return *either(x), y


def put_right(x: Tensor, _: Tensor) -> tuple[Tensor, ...]:
    """A net that is to turn signals back."""
    return *either(x), x


def noisy(x: Tensor, y: Tensor) -> tuple[Tensor, ...]:
    return x, y + 0.1 * torch.randn(y.shape)


def neither(x: Tensor, y: Tensor) -> tuple[Tensor, ...]:
    return x, y


def trained(vary: object) -> Case:
    with seeded(0):
        x = torch.randn(N, LENGTH)
        y = F.relu(x).cumsum(1) / LENGTH
        net = nn.Sequential(nn.Linear(LENGTH, 32), nn.ReLU(), nn.Linear(32, LENGTH))
        optimizer = torch.optim.Adam(net.parameters(), lr=0.003)
        with watch(net, optimizer, loss_fn=nn.MSELoss()) as watching:
            for rows in torch.cat([torch.randperm(N) for _ in range(EPOCHS)]).split(SIZE):
                inputs, targets = vary(x[rows], y[rows])  # type: ignore[operator]
                optimizer.zero_grad()
                loss = F.mse_loss(net(inputs), targets)
                loss.backward()
                optimizer.step()
                watching.step(loss)
    return watching.case()


@pytest.mark.parametrize("vary", [each_alone, inputs_alone])
def test_targets_that_are_not_turned_with_their_inputs_are_found(vary: object) -> None:
    reading = PROBES["labels-misaligned"](trained(vary))
    assert reading.found, str(reading)
    assert reading.certain
    assert "each is turned by a draw of its own" in reading.sentence


@pytest.mark.parametrize("vary", [both, neither, noisy, put_right])
def test_what_is_turned_together_or_turned_back_is_not(vary: object) -> None:
    assert turned_apart(trained(vary)) is None
