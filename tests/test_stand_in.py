"""Loops that call a copy of the model in its place, and hand its gradients over."""

from __future__ import annotations

import copy

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES

STEPS, SMALL = 150, 2e-4


def task(size: float) -> DataLoader[tuple[Tensor, ...]]:
    x = torch.randn(640, 12)
    return DataLoader(TensorDataset(x, size * (x[:, :4] * x[:, 4:8] + x[:, 8:])), batch_size=32, shuffle=True)


def changed(way: str, grad: Tensor) -> Tensor:
    """What is done with a gradient before the step."""
    if way == "noisy":  # so that no example can be known again
        return grad / (1 + 4 * grad.norm()) + 0.3 * torch.randn_like(grad)
    if way == "masked":  # three of four weights are pruned
        return grad * (torch.arange(grad.numel()).reshape(grad.shape) % 4 == 0)
    return grad


def trained(way: str, size: float, lr: float) -> Case:
    half = way in ("half", "scaled")
    scale = 2.0**12 if way == "scaled" else 1.0
    with seeded(0):
        loader = task(size)
        model = nn.Sequential(nn.Linear(12, 64), nn.Tanh(), nn.Linear(64, 4, bias=False))
        nn.init.normal_(model[2].weight, std=size)
        worker = copy.deepcopy(model).to(torch.float16 if half else torch.float32)
        optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
        with watch(model, optimizer, loss_fn=F.mse_loss, data=loader) as watching:
            for _, (x, y) in zip(range(STEPS), [batch for _ in range(8) for batch in loader], strict=False):
                worker.load_state_dict(model.state_dict())
                worker.zero_grad()
                loss = F.mse_loss(worker(x.half() if half else x).float(), y)
                (scale * loss).backward()
                for own, other in zip(model.parameters(), worker.parameters(), strict=True):
                    own.grad = changed(way, other.grad.float() / scale)
                optimizer.step()
                watching.step(loss)
    return watching.case()


@pytest.mark.parametrize(("way", "found"), [("half", True), ("scaled", False), ("single", False)])
def test_small_gradients_of_a_copy_in_half_precision(way: str, found: bool) -> None:
    case = trained(way, SMALL, lr=1.0)
    assert case.batches
    assert "calls something else" in str(case.seen.gaps)
    assert PROBES["low-precision"](case).found is found


def test_gradients_that_are_masked_are_none_of_half_precision() -> None:
    assert not PROBES["low-precision"](trained("masked", 1.0, lr=0.01)).found


@pytest.mark.parametrize(("way", "known"), [("single", True), ("noisy", False)])
def test_copies_are_trained_where_the_first_gradient_is_that_of_plain_lines(way: str, known: bool) -> None:
    case = trained(way, 1.0, lr=0.01)
    assert bool(case.batches) is known
    assert (case.loss_of is not None) is known


def test_where_several_processes_train_together_no_copy_makes_a_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would wait for the others."""
    monkeypatch.setattr("lossbook.evidence.stand_in.has_ranks", lambda: True)
    assert not trained("single", 1.0, lr=0.01).batches
