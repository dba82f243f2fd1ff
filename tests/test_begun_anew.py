"""Weights drawn anew, tensors as data, weights far too wide, mostly zeros, labels that are learnt by heart alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.diagnosis.budget import Budget
from lossbook.diagnosis.investigation import LONGER, Investigation
from lossbook.diagnosis.ranking import EXPLAINS
from lossbook.evidence import Case, watch
from lossbook.probes import PROBES, Mend, Probe, Reading, Trial

BATCH = 20
Loss = Callable[[Tensor, Tensor], Tensor]


def rows(count: int, epochs: int, size: int = BATCH) -> Iterator[tuple[int, Tensor]]:
    """The number of the batch in its epoch, and its rows, in another order in each epoch."""
    for _ in range(epochs):
        yield from enumerate(torch.randperm(count).split(size))


def trained(
    model: nn.Module, x: Tensor, y: Tensor, loss_fn: Loss, *, epochs: int = 8, lr: float = 1e-2, **how: Any
) -> Case:
    """With Adam; ``each_epoch`` is called on the model when one begins; ``data`` is for the watch."""
    with seeded(1):
        optimizer = torch.optim.Adam(model.parameters(), lr)
        with watch(model, optimizer, data=how.get("data")) as watching:
            for number, some in how.get("rows", rows(len(x), epochs)):
                if number == 0 and "each_epoch" in how:
                    how["each_epoch"](model)
                optimizer.zero_grad()
                loss = loss_fn(model(x[some]), y[some])
                loss.backward()
                optimizer.step()
                watching.step(loss)
    return watching.case()


def net(*sizes: int) -> nn.Sequential:
    layers = [layer for a, b in pairwise(sizes) for layer in (nn.Linear(a, b), nn.ReLU())]
    return nn.Sequential(*layers[:-1])


def task(count: int = 200, seed: int = 0) -> tuple[Tensor, Tensor]:
    with seeded(seed):
        x = torch.randn(count, 6)
        return x, x[:, 0] * x[:, 1] + x[:, 2]


def squares(output: Tensor, y: Tensor) -> Tensor:
    return F.mse_loss(output[:, 0], y)


def drawn_anew(model: nn.Module) -> None:
    """The way of Keras's users: every weight matrix gets new numbers."""
    for param in model.parameters():
        if param.ndim > 1:
            nn.init.xavier_uniform_(param)


def faded(model: nn.Module) -> None:
    """Shrink and perturb (Ash and Adams, 2020): the weights are written, and are still what was learnt."""
    with torch.no_grad():
        for param in model.parameters():
            param.mul_(0.9).add_(0.01 * torch.randn_like(param))


@pytest.mark.parametrize(("each_epoch", "found"), [(drawn_anew, True), (faded, False), (lambda model: None, False)])
def test_weights_that_are_drawn_anew_in_each_epoch(each_epoch: Callable[[nn.Module], None], found: bool) -> None:
    with seeded(0):
        model = net(6, 16, 1)
    reading = PROBES["state-reset"](trained(model, *task(), squares, each_epoch=each_epoch))
    assert reading.found == found
    if found:
        assert "drawn anew" in reading.sentence


def begun_at(where: Callable[[int], int]) -> Iterator[tuple[int, Tensor]]:
    for step in range(80):
        yield step, torch.arange(BATCH) + where(step)


@pytest.mark.parametrize(("where", "found"), [(lambda n: n // 40, True), (lambda n: n * BATCH % 400, False)])
@pytest.mark.parametrize("more", [0, 1])
def test_inputs_and_targets_as_data_tell_how_many_batches_there_are(
    where: Callable[[int], int], found: bool, more: int
) -> None:
    x, y = task(400)
    data = (x, y, torch.ones(400))[: 2 + more]
    with seeded(0):
        model = net(6, 16, 1)
    case = trained(model, x, y, squares, rows=begun_at(where), data=data)
    assert case.seen.in_data == 20
    assert PROBES["same-batch-repeated"](case).found == found


def test_a_list_of_batches_is_none_of_examples() -> None:
    x, y = task(400)
    with seeded(0):
        model = net(6, 16, 1)
    case = trained(model, x, y, squares, data=[*x.split(BATCH)])
    assert case.seen.in_data == 20


@pytest.mark.parametrize("wide", [True, False])
def test_weights_far_too_wide_for_numbers_and_no_label_is_accused(wide: bool) -> None:
    """Each layer makes its input five times as large, none of them ten times; the labels have no part in it."""
    with seeded(0):
        model = net(6, 48, 48, 48, 1)
        for layer in model:
            if isinstance(layer, nn.Linear):
                nn.init.normal_(layer.weight, std=1.0 if wide else (2 / layer.in_features) ** 0.5)
    case = trained(model, *task(), squares, lr=1e-3)
    assert PROBES["bad-init-scale"](case).found == wide
    assert not PROBES["labels-misaligned"](case).found


def sales(seed: int = 0) -> tuple[Tensor, Tensor]:
    """Nothing is sold on most days, and which days these are can be guessed but roughly."""
    with seeded(seed):
        x = torch.randn(640, 6)
        sold = torch.rand(640) < 0.45 * torch.sigmoid(2 * x[:, 0])
        return x, sold * (4 + x[:, 1] + torch.randn(640)).clamp_min(1.0)


@pytest.mark.parametrize(
    ("loss", "found"), [(F.l1_loss, True), (F.mse_loss, False), (lambda o, y: F.huber_loss(o, y, delta=0.05), True)]
)
def test_a_loss_whose_best_answer_to_all_is_the_commonest_number(loss: Loss, found: bool) -> None:
    with seeded(0):
        model = net(6, 32, 1)
    case = trained(model, *sales(), lambda o, y: loss(o[:, 0], y), lr=5e-3)
    reading = PROBES["wrong-loss"](case)
    assert reading.found == found
    if found:
        assert reading.fix is not None
        assert "mse_loss" in reading.fix


def test_the_median_is_right_where_it_tells_examples_apart() -> None:
    x, y = task(640)
    with seeded(0):
        model = net(6, 32, 1)
    case = trained(model, x, y.clamp_min(0.0), lambda o, y: F.l1_loss(o[:, 0], y), epochs=12)
    assert not PROBES["wrong-loss"](case).found


class Games(nn.Module):
    """The probability that the first of two teams wins, made by a function and not by a layer at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.strength = nn.Embedding(8, 1)

    def forward(self, pairs: Tensor) -> Tensor:
        first, second = self.strength(pairs)[..., 0].unbind(-1)
        return torch.sigmoid(first - second)


def likelihood(p: Tensor, won: Tensor) -> Tensor:
    return -torch.where(won > 0, p, 1 - p).log().mean()


def test_a_loss_that_is_no_number_for_made_up_outputs_is_not_accused() -> None:
    with seeded(0):
        pairs = torch.randint(8, (400, 5, 2))
        won = (pairs[..., 0] + torch.randn(400, 5) > pairs[..., 1]).float()
        model = Games()
    assert not PROBES["wrong-loss"](trained(model, pairs, won, likelihood)).found


@pytest.mark.parametrize("turned", [True, False])
def test_labels_that_are_learnt_by_heart_alone(turned: bool) -> None:
    """Two columns of one table, sorted apart; a wide net learns some of it anyway."""
    x, y = task(640)
    with seeded(3):
        y = y[torch.randperm(640)] if turned else y
        model = net(6, 96, 96, 1)
    case = trained(model, x, y, squares, epochs=25)
    reading = PROBES["labels-misaligned"](case)
    assert reading.found == turned
    if turned:
        assert "look alike" in reading.sentence


def test_sums_of_symbols_are_learnt_by_heart_first_and_nothing_is_accused() -> None:
    """Addition modulo 29: no table of pairs tells of others before it is understood (Power et al., 2022)."""
    with seeded(0):
        pairs = torch.cartesian_prod(torch.arange(29), torch.arange(29))
        chosen = torch.randperm(len(pairs))[:600]
        model = nn.Sequential(nn.Embedding(29, 16), nn.Flatten(), net(32, 96, 29))
    x, y = pairs[chosen], pairs[chosen].sum(1) % 29
    assert not PROBES["labels-misaligned"](trained(model, x, y, F.cross_entropy, epochs=20)).found


def test_a_lost_term_explains_that_the_rest_is_easy() -> None:
    assert ("loss-term-lost", "target-leak") in EXPLAINS


def test_a_trial_that_leaves_it_open_is_made_for_longer() -> None:
    """The mend makes a slow training three times as fast: 20 steps of noisy losses do not show it, 80 do."""
    with seeded(0):
        model, (x, y) = net(6, 16, 1), task(400)
        case = trained(model, x, y + 3 * torch.randn(400), squares, lr=1e-4)
    faster = Mend("three times the rate", case, {"lr_scale": 3.0}, steps=20)
    probes = {"lr-too-low": Probe(lambda case: Reading("found", "it is slow"), steps=1, mend=lambda case: faster)}
    work = Investigation(case, "slow", Budget(steps=10_000), probes=probes)
    work.run()
    trial = work.suspicions["lr-too-low"].trial
    assert isinstance(trial, Trial)
    assert len(trial.mended) == LONGER * 20


def cut_off(output: Tensor, y: Tensor) -> Tensor:
    return F.mse_loss(output[:, 0].clamp(0, 0.1), y)


def forgiving(output: Tensor, y: Tensor) -> Tensor:
    """The loss of support vectors: errors of up to 0.2 cost nothing."""
    return ((output[:, 0] - y).abs() - 0.2).clamp_min(0).mean()


@pytest.mark.parametrize(("loss", "found"), [(cut_off, True), (forgiving, False)])
def test_outputs_that_are_cut_off_before_the_loss_judges_them(loss: Loss, found: bool) -> None:
    with seeded(0):
        model = net(6, 16, 1)
    assert PROBES["wrong-loss"](trained(model, *task(), loss)).found == found


def test_one_column_under_a_cross_entropy() -> None:
    x, y = task()
    with seeded(0):
        model = net(6, 16, 1)
    report = trained(model, x, (y > 0).float()[:, None], F.cross_entropy)
    reading = PROBES["wrong-loss"](report)
    assert reading.found
    assert reading.fix is not None
    assert "with_logits" in reading.fix


@pytest.mark.parametrize(("number", "found"), [(3.0, True), (0.0, False)])
def test_one_number_as_the_target_of_all(number: float, found: bool) -> None:
    """A residue that shall be 0 is meant."""
    x, _ = task()
    with seeded(0):
        model = net(6, 16, 1)
    case = trained(model, x, torch.full((200,), number), squares, epochs=20)
    assert PROBES["degenerate-targets"](case).found == found


def test_a_column_whose_ends_cut_off_a_normal_distribution() -> None:
    """Standardised targets, and a tanh at the end: a third of them lie beyond 1."""
    x, y = task()
    with seeded(0):
        model = net(6, 16, 1).append(nn.Tanh())
    assert PROBES["output-activation-mismatch"](trained(model, x, (y - y.mean()) / y.std(), squares)).found


@pytest.mark.parametrize("adds", [True, False])
def test_a_total_over_pieces_of_a_batch(adds: bool) -> None:
    """Gradients of four pieces are added up; a total of all losses is logged, or the mean of the pieces."""
    x, y = task(400)
    with seeded(0):
        model = net(6, 16, 1)
        optimizer, total = torch.optim.Adam(model.parameters(), 1e-2), 0.0
        with watch(model, optimizer) as watching:
            for _, some in rows(400, 4):
                optimizer.zero_grad()
                losses = [squares(model(x[part]), y[part]) for part in some.chunk(4)]
                for loss in losses:
                    (loss / 4).backward()
                optimizer.step()
                mean = float(torch.stack(losses).detach().mean())
                total += mean
                watching.step(total if adds else mean)
    assert PROBES["loss-misreported"](watching.case()).found == adds
