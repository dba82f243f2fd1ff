"""One batch for ever, exchanged betas, units that are off from the start, and closures; beside each, the sound one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES

Makes = Callable[[Any], torch.optim.Optimizer]


def rings(n: int) -> tuple[Tensor, Tensor]:
    """Points around the origin, and the ring in which each lies."""
    x = torch.randn(n, 6)
    return x, (x[:, :2].norm(dim=1) > 1.2).long() + (x[:, :2].norm(dim=1) > 2).long()


def trained(makes: Makes, *, one_batch: bool = False, line: str = "", steps: int = 150) -> Case:
    with seeded(0):
        model = nn.Sequential(nn.Linear(6, 48), nn.ReLU(), nn.Linear(48, 3))
        optimizer, (x, y), (held_x, held_y) = makes(model.parameters()), rings(900), rings(200)
        with watch(model, optimizer) as watching:
            for step in range(steps):
                rows = slice(0, 24) if one_batch else torch.randint(0, len(x), (24,))

                def closure(rows: Any = rows) -> Tensor:
                    optimizer.zero_grad()
                    loss = F.cross_entropy(model(x[rows]), y[rows])
                    loss.backward()
                    if line == "zeroed":
                        optimizer.zero_grad()
                    if line == "clipped":
                        nn.utils.clip_grad_norm_(model.parameters(), 1e-4)
                    return loss

                watching.step(optimizer.step(closure) if line else _plain(optimizer, closure))
                if step % 50 == 49:
                    with torch.no_grad():
                        watching.step(val_loss=F.cross_entropy(model(held_x), held_y))
    return watching.case()


def _plain(optimizer: torch.optim.Optimizer, closure: Callable[[], Tensor]) -> Tensor:
    loss = closure()
    optimizer.step()
    return loss


def adam(betas: tuple[float, float] = (0.9, 0.999)) -> Makes:
    return lambda params: torch.optim.Adam(params, 1e-2, betas=betas)


def sgd(params: Any) -> torch.optim.Optimizer:
    return torch.optim.SGD(params, 0.1, momentum=0.9)


@pytest.mark.parametrize(("one_batch", "outcome"), [(True, "found"), (False, "not found")])
def test_one_batch_of_more_data_is_found_without_the_data(one_batch: bool, outcome: str) -> None:
    assert PROBES["same-batch-repeated"](trained(adam(), one_batch=one_batch)).outcome == outcome


def curve(makes: Makes) -> Case:
    """A curve through all the points that there are, looked at on a grid."""
    with seeded(0):
        model = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 1))
        optimizer = makes(model.parameters())
        x, grid = torch.linspace(-2, 2, 20)[:, None], torch.linspace(-2, 2, 200)[:, None]
        with watch(model, optimizer) as watching:
            for _ in range(300):
                loss = F.mse_loss(model(x), torch.sin(2 * x))
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                watching.step(loss)
            with torch.no_grad():
                watching.step(val_loss=F.mse_loss(model(grid), torch.sin(2 * grid)))
    return watching.case()


def test_a_curve_through_all_the_points_that_there_are_is_no_repeated_batch() -> None:
    reading = PROBES["same-batch-repeated"](curve(adam()))
    assert reading.outcome == "cannot tell", reading


@pytest.mark.parametrize(("betas", "found"), [((0.999, 0.9), True), ((0.9, 0.999), False), ((0.9, 0.95), False)])
def test_exchanged_betas(betas: tuple[float, float], found: bool) -> None:
    reading = PROBES["adam-betas"](curve(adam(betas)))
    assert reading.found == found, reading


def easy(betas: tuple[float, float]) -> Case:
    """A line in much noise, which any betas find in the end."""
    with seeded(0):
        model, data = nn.Linear(4, 1), torch.randn(64, 4)
        optimizer, target = adam(betas)(model.parameters()), data.sum(1, keepdim=True) + 6 * torch.randn(64, 1)
        with watch(model, optimizer) as watching:
            for _ in range(400):
                loss = F.mse_loss(model(data), target)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                watching.step(loss)
    return watching.case()


@pytest.mark.parametrize(("betas", "found"), [((0.999, 0.9), True), ((0.95, 0.9), False), ((0.9, 0.95), False)])
def test_exchanged_betas_are_told_where_they_do_little_harm(betas: tuple[float, float], found: bool) -> None:
    reading = PROBES["adam-betas"](easy(betas))
    assert reading.found == reading.certain == found, reading


@pytest.mark.parametrize(("line", "found"), [("zeroed", True), ("as it is", False), ("clipped", False)])
def test_gradients_that_a_closure_clears(line: str, found: bool) -> None:
    reading = PROBES["gradients-cleared-early"](trained(sgd, line=line))
    assert reading.found == found, reading


@pytest.mark.parametrize(("line", "found"), [("clipped", True), ("as it is", False)])
def test_gradients_that_a_closure_clips_to_nothing(line: str, found: bool) -> None:
    reading = PROBES["lr-too-low"](trained(sgd, line=line))
    assert reading.found == found, reading


@pytest.mark.parametrize(("first", "found"), [(nn.Identity(), True), (nn.LayerNorm(6), False)])
def test_inputs_of_hundreds(first: nn.Module, found: bool) -> None:
    with seeded(0):
        model = nn.Sequential(first, nn.Linear(6, 48), nn.ReLU(), nn.Linear(48, 3))
        optimizer, (x, y) = adam()(model.parameters()), rings(900)
        with watch(model, optimizer) as watching:
            for _ in range(100):
                rows = torch.randint(0, len(x), (24,))
                loss = F.cross_entropy(model(500 * x[rows]), y[rows])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                watching.step(loss)
    reading = PROBES["unscaled-inputs"](watching.case())
    assert reading.found == found, reading
