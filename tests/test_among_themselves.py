"""What the training's own examples show where none were held out, and what held-out ones of another kind show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch
from foreign import seeded, trained
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.diagnosis.plain_lines import in_the_loop
from lossbook.evidence import Batch, Case, watch
from lossbook.probes import PROBES

N = 640


def in_batches(x: Any, y: Tensor, size: int = 32) -> list[Batch]:
    return Batch.of(x, y).split(size)


def classified(y_of: Callable[[Tensor], Tensor]) -> Case:
    """Small pictures of four kinds, with the labels that are made of the right ones."""
    y = torch.randint(4, (N,))
    x = torch.randn(N, 1, 8, 8) + 2 * torch.randn(4, 1, 8, 8)[y]
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 4))
    return trained(model, torch.optim.Adam(model.parameters(), 0.005), F.cross_entropy, in_batches(x, y_of(y)), 40)


def regressed(y_of: Callable[[Tensor], Tensor]) -> Case:
    """A signal of twelve numbers for each of as many."""
    x = torch.randn(N, 12)
    y = F.avg_pool1d(x[:, None], 3, 1, 1)[:, 0]
    model = nn.Sequential(nn.Linear(12, 48), nn.Tanh(), nn.Linear(48, 12))
    return trained(model, torch.optim.Adam(model.parameters(), 0.01), nn.MSELoss(), in_batches(x, y_of(y)), 60)


def tokens(y_of: Callable[[Tensor], Tensor]) -> Case:
    """Sequences of words, each of which is more frequent in one of three kinds of texts."""
    y = torch.randint(3, (N,))
    words = torch.where(torch.rand(N, 12) < 0.6, 3 * torch.randint(8, (N, 12)) + y[:, None], torch.randint(24, (N, 12)))
    model = nn.Sequential(nn.EmbeddingBag(24, 16), nn.ReLU(), nn.Linear(16, 3))
    return trained(model, torch.optim.Adam(model.parameters(), 0.02), F.cross_entropy, in_batches(words, y_of(y)), 80)


PROGRAMS = {"pictures": classified, "signals": regressed, "tokens": tokens}


@pytest.mark.parametrize("make", PROGRAMS.values(), ids=PROGRAMS)
def test_labels_of_other_examples_are_found_without_held_out_ones(make: Callable[..., Case]) -> None:
    with seeded(1):
        assert PROBES["labels-misaligned"](make(lambda y: y[torch.randperm(N)])).found
        assert PROBES["labels-misaligned"](make(lambda y: y.roll(1, 0))).found
        assert PROBES["labels-misaligned"](make(lambda y: y)).outcome == "not found"


def test_noisy_labels_that_still_tell_something_are_not_misaligned() -> None:
    with seeded(1):
        case = classified(lambda y: torch.where(torch.rand(N) < 0.5, y, torch.randint(4, (N,))))
    assert not PROBES["labels-misaligned"](case).found


def held_out_of(case: Case, change: Callable[[Tensor], Tensor]) -> Case:
    """The case with its last batches held out, and changed."""
    kept, others = case.batches[:-4], case.batches[-4:]
    x, y = (torch.cat([part(batch) for batch in others]) for part in (lambda b: b.inputs[0], lambda b: b.target))
    return replace(case, batches=kept, held_out=Batch.of(change(x), y))


def test_held_out_examples_that_were_prepared_otherwise_are_found_where_no_moment_shows_it() -> None:
    probe = PROBES["preprocessing-mismatch"]
    with seeded(1):
        case, order = tokens(lambda y: y), torch.randperm(24)
        assert probe(held_out_of(case, lambda x: order[x])).found
        assert not probe(held_out_of(case, lambda x: x)).found
        pictures = classified(lambda y: y)
        assert probe(held_out_of(pictures, lambda x: x.flip(-1))).found
        assert not probe(held_out_of(pictures, lambda x: x + 0.5 * torch.randn_like(x))).found


def rare(gap: float, weight: float) -> Case:
    """One in thirty is faulty, and lies so far from the others."""
    y = (torch.rand(2000) < 1 / 30).float()
    x = torch.randn(2000, 6)
    x[:, :3] += gap * y[:, None]
    model = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 1), nn.Flatten(0))
    loss = nn.BCEWithLogitsLoss(pos_weight=torch.tensor(weight))
    return trained(model, torch.optim.Adam(model.parameters(), 0.005), loss, in_batches(x, y, 50), 250)


def test_a_rare_class_that_the_net_tells_apart_and_never_names_is_found_without_held_out_examples() -> None:
    with seeded(1):
        assert PROBES["class-imbalance"](rare(1.3, 1.0)).found
        assert not PROBES["class-imbalance"](rare(1.3, 29.0)).found
        assert not PROBES["class-imbalance"](rare(0.4, 1.0)).found  # nobody can name these


class Users(nn.Module):
    """What a user thinks of a thing, or which of two things is better."""

    def __init__(self) -> None:
        super().__init__()
        self.user, self.thing = nn.Embedding(50, 8), nn.Embedding(50, 8)
        self.bias = nn.Parameter(torch.zeros(()))

    def forward(self, user: Tensor, thing: Tensor, than: Tensor | None = None) -> Tensor:
        if than is not None:
            return (self.user(user) * (self.thing(thing) - self.thing(than))).sum(1)
        return (self.user(user) * self.thing(thing)).sum(1) + self.bias


@pytest.mark.parametrize("sure", [1.0, 0.0])
def test_answers_that_are_all_the_same_to_a_question_of_yes_or_no_are_found(sure: float) -> None:
    with seeded(1):
        user, thing, than = torch.randint(50, (3, N))
        model, y = Users(), torch.full((N,), sure)
        optimizer = torch.optim.Adam(model.parameters(), 0.1)
        alone = [Batch((user[i : i + 32], thing[i : i + 32]), {}, y[i : i + 32]) for i in range(0, N, 32)]
        assert PROBES["degenerate-targets"](trained(model, optimizer, nn.BCEWithLogitsLoss(), alone, 200)).found
        better = torch.maximum(thing, than), torch.minimum(thing, than)
        model = Users()
        pairs = [
            Batch((user[i : i + 32], *(each[i : i + 32] for each in better)), {}, torch.ones(32))
            for i in range(0, N, 32)
        ]
        optimizer = torch.optim.Adam(model.parameters(), 0.1)
        assert not PROBES["degenerate-targets"](trained(model, optimizer, nn.BCEWithLogitsLoss(), pairs, 200)).found


def test_a_residue_that_shall_be_nought_is_no_degenerate_target() -> None:
    with seeded(1):
        model = nn.Sequential(nn.Linear(3, 16), nn.Tanh(), nn.Linear(16, 1))
        batches = in_batches(torch.randn(N, 3), torch.zeros(N, 1))
        case = trained(model, torch.optim.Adam(model.parameters(), 0.02), nn.MSELoss(), batches, 200)
    assert not PROBES["degenerate-targets"](case).found


def priced(columns: Callable[[Tensor, Tensor], list[Tensor]]) -> Case:
    with seeded(1):
        x = torch.randn(1200, 4)
        y = x.sum(1) + 0.3 * torch.randn(1200)
        made = torch.stack([*x.T, *columns(x, y)], 1)
        made = (made - made.mean(0)) / made.std(0)
        model = nn.Sequential(nn.Linear(made.shape[1], 48), nn.ReLU(), nn.Linear(48, 1), nn.Flatten(0))
        return trained(model, torch.optim.Adam(model.parameters(), 0.01), nn.MSELoss(), in_batches(made, y, 40), 300)


@pytest.mark.parametrize(
    "made",
    [lambda x, y: [(20 * y.exp().clamp(max=50)).round()], lambda x, y: [-(10 * y).floor()]],
    ids=["tax", "class"],
)
def test_a_column_that_is_made_of_the_target_and_rounded_is_found(made: Callable[..., list[Tensor]]) -> None:
    assert PROBES["target-leak"](priced(made)).found


@pytest.mark.parametrize(
    "made", [lambda x, y: [y + 0.1 * torch.randn_like(y)], lambda x, y: [(10 * x.sum(1)).round()]], ids=["guess", "sum"]
)
def test_a_column_that_tells_much_of_the_target_is_honest(made: Callable[..., list[Tensor]]) -> None:
    assert not PROBES["target-leak"](priced(made)).found


def looped(batches: Sequence[tuple[Tensor, Tensor]], rate_of: Callable[[int], float], clip: float) -> Case:
    with seeded(1):
        model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 4))
        optimizer = torch.optim.SGD(model.parameters(), 0.1, momentum=0.9)
        with watch(model, optimizer, loss_fn=F.cross_entropy, data=batches) as watching:
            for step, (x, y) in enumerate(batches):
                optimizer.param_groups[0]["lr"] = rate_of(step)
                optimizer.zero_grad()
                loss = F.cross_entropy(model(x), y)
                loss.backward()
                nn.utils.clip_grad_norm_(model.parameters(), clip)
                optimizer.step()
                watching.step(loss)
    return watching.case()


def several_epochs(epochs: int) -> list[tuple[Tensor, Tensor]]:
    with seeded(2):
        y = torch.randint(4, (320,))
        x = torch.randn(320, 8) + 3 * torch.randn(4, 8)[y]
        return [(x[i : i + 32], y[i : i + 32]) for _ in range(epochs) for i in range(0, 320, 32)]


def test_a_list_of_the_batches_of_several_epochs_repeats_no_batch() -> None:
    case = looped(several_epochs(12), lambda step: 0.1, 1e9)
    assert case.seen.in_data == 10
    assert not PROBES["same-batch-repeated"](case).found
    assert PROBES["same-batch-repeated"](looped(several_epochs(1)[:1] * 60, lambda step: 0.1, 1e9)).found


def test_a_slow_beginning_after_which_all_is_learnt_is_no_fault_of_the_loop() -> None:
    slow = looped(several_epochs(40), lambda step: 0.2 * min(step / 150, 1), 0.1)
    assert slow.log.loss.values[-1] < 0.1 * slow.log.loss.values[0]
    assert not in_the_loop(slow).found


def denoised(how: str) -> Case:
    """A net that tells the noise from what it was added to."""
    with seeded(1):
        model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 8))
        batches, whole = [], torch.randn(32, 8)
        for _ in range(20):
            x, noise = torch.randn(32, 8), torch.randn(32, 8, generator=torch.Generator().manual_seed(0))
            if how == "drawn anew":
                noise = torch.randn(32, 8)
            share = torch.linspace(0.05, 1, 32)[:, None]
            batches.append(Batch.of((1 - share).sqrt() * x + share.sqrt() * noise, noise))
            if how == "one table with noise on its inputs":
                batches[-1] = Batch.of(whole + 0.5 * torch.randn(32, 8), whole)

        def loss(output: Tensor, y: Tensor) -> Tensor:
            if how == "all outputs with all targets":
                return 2 * torch.cdist(output, y).mean() - torch.cdist(output, output).mean()
            return (output - y).square().mean()

        return trained(model, torch.optim.Adam(model.parameters(), 0.01), loss, batches, 40)


def test_noise_that_is_the_same_in_each_step_is_found() -> None:
    probe = PROBES["duplicated-augmentation"]
    assert probe(denoised("seed 0")).found
    for how in ("drawn anew", "one table with noise on its inputs", "all outputs with all targets"):
        assert not probe(denoised(how)).found, how
