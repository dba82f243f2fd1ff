"""A loop without ``optimizer.step()``: nothing moves, and the report says which line is missing."""

from __future__ import annotations

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
