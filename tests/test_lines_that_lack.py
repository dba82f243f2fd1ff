"""A loop that lacks ``optimizer.step()``, or empties its state, and a loss that squashes twice: each is named."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from foreign import seeded
from torch import nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES


def trained(steps: str, *, lr: float = 0.1) -> Case:
    """Of a line: with torch's steps, with steps by hand, with none, or for the sake of the inputs alone."""
    with seeded(0):
        net, x = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1)), torch.randn(40, 16, 4)
        picture = torch.zeros(16, 4, requires_grad=True)
        held = [picture] if steps == "inputs" else net.parameters()
        optimizer = torch.optim.SGD(held, lr=lr)
        with watch(net, optimizer) as watching:
            for each in x:
                optimizer.zero_grad()
                loss = F.mse_loss(net(each + picture if steps == "inputs" else each), each[:, :1])
                loss.backward()
                if steps in ("torch", "inputs"):
                    optimizer.step()
                elif steps == "by hand":
                    with torch.no_grad():
                        for param in net.parameters():
                            param -= 0.1 * param.grad
                watching.step(loss)
    return watching.case()


def test_a_step_that_is_missing_is_named() -> None:
    reading = PROBES["parameters-not-optimized"](trained("none"))
    assert reading.found
    assert reading.certain
    assert "SGD.step() was never called" in reading.sentence
    assert reading.fix is not None
    assert reading.fix.startswith("optimizer.step()")


@pytest.mark.parametrize("steps", ["torch", "by hand", "inputs"])
def test_steps_of_another_kind_are_steps(steps: str) -> None:
    assert "never called" not in PROBES["parameters-not-optimized"](trained(steps)).sentence


def test_a_rate_of_zero_is_another_fault() -> None:
    assert "never called" not in PROBES["parameters-not-optimized"](trained("torch", lr=0.0)).sentence


def cleared(every: int) -> Case:
    """Adam's state is emptied before every so many steps."""
    with seeded(0):
        net, x = nn.Linear(4, 1), torch.randn(40, 16, 4)
        optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
        with watch(net, optimizer) as watching:
            for i, each in enumerate(x):
                optimizer.zero_grad()
                F.mse_loss(net(each), each[:, :1]).backward()
                if i % every == 0:
                    optimizer.state.clear()
                optimizer.step()
    return watching.case()


@pytest.mark.parametrize(("every", "lost"), [(1, 39), (10, 3), (100, 0)])
def test_a_state_that_is_emptied_before_each_step_is_seen(every: int, lost: int) -> None:
    case = cleared(every)
    assert len(case.seen.state_lost or ()) == lost
    assert PROBES["state-reset"](case).found == (lost > 1)


def squashed(output: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return F.cross_entropy(output.softmax(-1), y)


def smoothed(output: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return F.cross_entropy(output, y, label_smoothing=0.1)


@pytest.mark.parametrize(("loss_fn", "twice"), [(squashed, True), (smoothed, False), (F.cross_entropy, False)])
@pytest.mark.parametrize("given", [True, False])
def test_a_loss_that_takes_probabilities_for_logits(loss_fn: Any, twice: bool, given: bool) -> None:
    with seeded(0):
        net, x = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 3)), torch.randn(60, 32, 4)
        optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
        with watch(net, optimizer, loss_fn=loss_fn if given else None) as watching:
            for each, y in zip(x, x[..., :3].argmax(-1), strict=True):
                optimizer.zero_grad()
                loss_fn(net(each), y).backward()
                optimizer.step()
    case = watching.case()
    reading = PROBES["softmax-before-cross-entropy"](case)
    assert reading.found == twice
    if twice:
        mend = PROBES["softmax-before-cross-entropy"].mend(case)
        assert mend is not None
        assert mend.change == "the loss took the logits as they are"
