"""Loops that move weights by lines of their own: with gradients that pile up, and in ways that look like it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import watch
from lossbook.probes import PROBES, Reading

N, STEPS, LR = 32, 30, 0.02
Move = Callable[[nn.Module, int], None]


class Plain:
    """An optimiser of one's own, which torch does not know."""

    def __init__(self, params: Iterable[nn.Parameter]) -> None:
        self.params = list(params)

    def step(self) -> None:
        for param in self.params:
            param.data.add_(param.grad.data, alpha=-LR)


@torch.no_grad()
def down(model: nn.Module, step: int = 0) -> None:
    for param in model.parameters():
        param -= LR * param.grad


def as_in_the_tutorial(model: nn.Module, step: int) -> None:
    for param in model.parameters():
        param.data.sub_(param.grad.data * LR)


def own_class(model: nn.Module, step: int) -> None:
    Plain(model.parameters()).step()


def cleared(model: nn.Module, step: int) -> None:
    down(model)
    model.zero_grad()


def zeroed_through_data(model: nn.Module, step: int) -> None:
    as_in_the_tutorial(model, step)
    for param in model.parameters():
        param.grad.data.zero_()


def four_batches_each(model: nn.Module, step: int) -> None:
    if step % 4 == 3:
        cleared(model, step)


def head_alone(model: nn.Module, step: int) -> None:
    """What is never moved may keep its gradients."""
    cleared(model[2], step)


@torch.no_grad()
def noise_at_each_batch(model: nn.Module, step: int) -> None:
    for param in model.parameters():
        param += 0.01 * torch.randn_like(param)
    four_batches_each(model, step)


@torch.no_grad()
def momentum_in_the_gradient(model: nn.Module, step: int) -> None:
    for param in model.parameters():
        param -= LR * param.grad
        param.grad *= 0.5


def trained(move: Move) -> Reading:
    with seeded(0):
        model = nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Linear(16, 1))
        with watch(model, None) as watching:
            for step in range(STEPS):
                x = torch.randn(N, 6)
                loss = F.mse_loss(model(x), target(x))
                loss.backward()
                move(model, step)
                watching.step(loss)
    return PROBES["missing-zero-grad"](watching.case())


def target(x: Tensor) -> Tensor:
    return x[:, :1] * x[:, 1:2] + x[:, 2:3]


@pytest.mark.parametrize("move", [down, as_in_the_tutorial, own_class])
def test_gradients_that_pile_up_beneath_a_step_by_hand_are_found(move: Move) -> None:
    reading = trained(move)
    assert reading.found, reading
    assert reading.fix is not None
    assert "model.zero_grad()" in reading.fix


@pytest.mark.parametrize(
    "move",
    [cleared, zeroed_through_data, four_batches_each, head_alone, noise_at_each_batch, momentum_in_the_gradient],
)
def test_gradients_that_are_cleared_or_kept_on_purpose_are_not(move: Move) -> None:
    assert trained(move).outcome == "not found"
