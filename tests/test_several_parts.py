"""Programs with several outputs, targets or optimisers, or whose answers hang together: what is wrong is found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from foreign import seeded, trained
from torch import Tensor, nn
from torch.nn import functional as F

import lossbook
from lossbook.evidence import Batch, Case, watch
from lossbook.evidence.recipe import of_a_pair
from lossbook.probes import PROBES

N, WIDTH = 16, 6


class Two(nn.Module):
    """Two outputs from one body."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.left, self.right = nn.Linear(WIDTH, 12), nn.Linear(12, 3), nn.Linear(12, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        h = torch.tanh(self.body(x))
        return self.left(h), self.right(h)


class Factors(nn.Module):
    """Rows of two tables, multiplied."""

    def __init__(self, std: float) -> None:
        super().__init__()
        self.left, self.right = nn.Embedding(40, 32), nn.Embedding(30, 32)
        for table in (self.left, self.right):
            nn.init.normal_(table.weight, std=std)

    def forward(self, pairs: Tensor) -> Tensor:
        return (self.left(pairs[:, 0]) * self.right(pairs[:, 1])).sum(1)


@pytest.mark.parametrize("shape", [(N,), (N, 1)])
def test_one_of_several_outputs_is_broadcast_against_the_targets(shape: tuple[int, ...]) -> None:
    with seeded(0):
        model, x = Two(), torch.randn(8, N, WIDTH)
        batches = [Batch.of(each, each[:, 0].reshape(shape)) for each in x]

    def loss(output: Any, y: Tensor) -> Tensor:
        return ((output[1] - y) ** 2).mean() + output[0].square().mean()

    case = trained(model, torch.optim.Adam(model.parameters(), lr=0.01), loss, batches, 20)
    assert PROBES["broadcast-loss"](case).found == (shape == (N,))


class SumOfTwo(nn.Module):
    """A loss of an output and two targets."""

    def __init__(self, *, as_number: bool) -> None:
        super().__init__()
        self.as_number = as_number

    def forward(self, output: Any, kind: Tensor, size: Tensor) -> Tensor:
        second = F.mse_loss(output[1], size)
        return F.cross_entropy(output[0], kind) + (second.item() if self.as_number else second)


@pytest.mark.parametrize("as_number", [True, False])
def test_a_loss_of_two_targets_is_replayed_and_a_term_that_is_a_number_found(as_number: bool) -> None:
    with seeded(0):
        model, x, loss_fn = Two(), torch.randn(20, N, WIDTH), SumOfTwo(as_number=as_number)
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        with watch(model, optimizer, loss_fn=loss_fn) as seen:
            for each in x:
                optimizer.zero_grad()
                loss_fn(model(each), each[:, :3].argmax(1), each[:, 3:4]).backward()
                optimizer.step()
    case = seen.case()
    assert isinstance(case.batches[0].target, tuple)
    assert case.loss_of is not None
    value = case.loss_of(case.start.model, case.batches[0]).item()
    assert value == pytest.approx(case.log.loss.values[0])
    assert PROBES["graph-detached"](case).found == as_number


def test_a_loss_of_output_and_target_stays_as_it_is() -> None:
    def loss(output: Tensor, target: Tensor, weight: float = 1.0) -> Tensor:
        return weight * F.mse_loss(output, target)

    assert of_a_pair(loss) is loss
    assert of_a_pair(None) is None


def parts_trained(*, clears: bool) -> Case:
    """Encoder and decoder are called one by one, and each has its own optimiser."""
    with seeded(0):
        model, x = nn.Sequential(nn.Linear(WIDTH, 3), nn.Linear(3, WIDTH)), torch.randn(60, N, WIDTH)
        optimizers = [torch.optim.SGD(part.parameters(), lr=1e-3) for part in model]
        with watch(model, optimizers) as seen:
            for each in x:
                optimizers[0].zero_grad()
                optimizers[int(clears)].zero_grad()
                F.mse_loss(model[1](model[0](each)), each).backward()
                for optimizer in optimizers:
                    optimizer.step()
    return seen.case()


@pytest.mark.parametrize("clears", [True, False])
def test_one_of_two_optimisers_never_clears_its_gradients(clears: bool) -> None:
    case = parts_trained(clears=clears)
    assert case.seen.leftover == (0.0 if clears else 1.0)
    assert PROBES["missing-zero-grad"](case).found != clears


def test_a_model_whose_parts_are_called_is_no_other_model() -> None:
    case = parts_trained(clears=True)
    assert case.seen.forwards == 120
    assert PROBES["state-reset"](case).outcome == "not found"


@pytest.mark.parametrize("seed", range(4))
def test_an_output_behind_a_relu_may_be_zero_everywhere_and_hang_on_its_inputs(seed: int) -> None:
    with seeded(seed):
        model, x = nn.Sequential(nn.Linear(WIDTH, 8), nn.ReLU(), nn.Linear(8, 1), nn.ReLU()), torch.randn(8, N, WIDTH)
        batches = [Batch.of(each, -each[:, :1].exp()) for each in x]
    case = trained(model, torch.optim.Adam(model.parameters(), lr=0.01), F.mse_loss, batches, 20)
    assert not PROBES["input-ignored"](case).found
    assert PROBES["output-activation-mismatch"](case).found


def test_a_loss_of_overlaps_is_no_wrong_loss() -> None:
    def overlap(logits: Tensor, mask: Tensor) -> Tensor:
        p = logits.sigmoid().flatten(1)
        return 1 - ((2 * (p * mask).sum(1) + 1) / (p.sum(1) + mask.sum(1) + 1)).mean()

    with seeded(0):
        model, x = nn.Sequential(nn.Linear(WIDTH, 32), nn.ReLU(), nn.Linear(32, WIDTH)), torch.randn(8, N, WIDTH)
        batches = [Batch.of(each, (each > 0.5).float()) for each in x]
    case = trained(model, torch.optim.Adam(model.parameters(), lr=0.01), overlap, batches, 20)
    assert PROBES["wrong-loss"](case).outcome == "does not apply"


@pytest.mark.parametrize(("std", "found"), [(1.0, True), (0.1, False)])
def test_factors_of_unit_size_are_too_large(std: float, found: bool) -> None:
    with seeded(0):
        pairs = torch.stack([torch.randint(40, (20, 120)), torch.randint(30, (20, 120))], 2)
        good = torch.randn(40)[pairs[..., 0]] * torch.randn(30)[pairs[..., 1]]
        model = Factors(std)
    batches = [Batch.of(*pair) for pair in zip(pairs, good, strict=True)]
    case = trained(model, torch.optim.Adam(model.parameters(), lr=8e-3), F.mse_loss, batches, 60)
    assert PROBES["bad-init-scale"](case).found == found


def reported(model: nn.Module, optimizer: Any, x: Sequence[Tensor], *, hard: bool) -> Any:
    with lossbook.watch(model, optimizer) as watching:
        for each in x:
            optimizer.zero_grad()
            output = model(each)
            output = (output > 0).float().requires_grad_() if hard else output
            loss = (output - each[:, :1]).square().mean()
            loss.backward()
            optimizer.step()
            watching.step(loss)
    return watching.report(steps=0)


@pytest.mark.parametrize("hard", [True, False])
def test_a_training_in_which_nothing_moves_is_not_called_healthy(hard: bool) -> None:
    with seeded(0):
        model, x = nn.Sequential(nn.Linear(WIDTH, 8), nn.Tanh(), nn.Linear(8, 1)), list(torch.randn(60, N, WIDTH))
        report = reported(model, torch.optim.Adam(model.parameters(), lr=0.01), x, hard=hard)
    assert any("No parameter of the model has moved" in note for note in report.notes) == hard
    assert report.healthy != hard
