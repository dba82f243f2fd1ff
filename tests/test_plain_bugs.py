"""Kinds of bugs and of sound programs that the grid (``tests/grid.py``) brought up, each in another program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils._python_dispatch import TorchDispatchMode

from lossbook.diagnosis.ranking import EXPLAINS
from lossbook.evidence import Batch, Case, watch
from lossbook.probes import PROBES

N, STEPS = 32, 40
Draw = Callable[[int], tuple[Any, Tensor]]


def watched(
    model: nn.Module, draw: Draw, loss_fn: Callable[[Any, Tensor], Tensor], *, held: Draw | None = None, **how: Any
) -> Case:
    """Trained by Adam, or as said, and judged once on what ``held`` gives."""
    with seeded(0):
        optimizer = how.get("optimizer", lambda params: torch.optim.Adam(params, 0.01))(model.parameters())
        with watch(model, optimizer) as watching:
            for _ in range(how.get("steps", STEPS)):
                x, y = draw(N)
                optimizer.zero_grad()
                loss = loss_fn(model(x), y)
                loss.backward()
                if "clip" in how:
                    nn.utils.clip_grad_norm_(model.parameters(), how["clip"])
                optimizer.step()
                watching.step(loss)
            if held is not None:
                model.eval()
                with torch.no_grad():
                    x, y = held(100)
                    loss_fn(model(x), y)
    return watching.case()


class Sentences(nn.Module):
    """How alike each two sentences of a batch are; the rows may be mixed first, which is a bug."""

    def __init__(self, *, mixed: bool) -> None:
        super().__init__()
        self.table, self.mixed = nn.EmbeddingBag(30, 8), mixed

    def forward(self, ids: Tensor) -> Tensor:
        made = self.table(ids)
        made = made - made.mean(0) if self.mixed else made
        return -torch.cdist(made, made.roll(1, 1))


@pytest.mark.parametrize("mixed", [False, True])
def test_an_output_for_each_pair_of_examples_mixes_nothing(mixed: bool) -> None:
    with seeded(0):
        model = Sentences(mixed=mixed)
    tokens = lambda n: (torch.randint(30, (n, 6)), torch.arange(n))  # noqa: E731
    case = watched(model, tokens, lambda o, y: F.cross_entropy(o, y))
    assert PROBES["batch-mixing"](case).found == mixed


class TwoParts(nn.Module):
    """A mean and a deviation for each row; the deviation is that of the batch, which is a bug."""

    def __init__(self, *, mixed: bool) -> None:
        super().__init__()
        self.net, self.mixed = nn.Linear(5, 3), mixed

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        made = self.net(x.reshape(len(x), 5).T.reshape(x.shape) if self.mixed else x)
        return made, made.exp().mean()


@pytest.mark.parametrize("mixed", [False, True])
def test_rows_are_mixed_in_one_of_several_outputs(mixed: bool) -> None:
    with seeded(0):
        model = TwoParts(mixed=mixed)
    rows = lambda n: (x := torch.randn(n, 5), x[:, :3])  # noqa: E731
    case = watched(model, rows, lambda o, y: F.mse_loss(o[0], y) + 1e-3 * o[1])
    assert PROBES["batch-mixing"](case).found == mixed


class Twins(nn.Module):
    """One net reads both halves of a row, and the distance of what it says is to be a number of any size."""

    def __init__(self, *, ends: bool) -> None:
        super().__init__()
        self.net, self.ends = nn.Linear(4, 6), ends

    def forward(self, x: Tensor) -> Tensor:
        far = (self.net(x[:, :4]) - self.net(x[:, 4:])).norm(dim=1)
        return far.tanh() if self.ends else far


@pytest.mark.parametrize("ends", [False, True])
def test_the_range_of_a_net_that_is_called_twice(ends: bool) -> None:
    with seeded(0):
        model = Twins(ends=ends)
    rows = lambda n: (x := torch.randn(n, 8), 2 * (x[:, :4] - x[:, 4:]).norm(dim=1))  # noqa: E731
    case = watched(model, rows, F.mse_loss)
    assert PROBES["output-activation-mismatch"](case).found == ends


@pytest.mark.parametrize("factor", [1.0, 1.6, 0.01])
def test_held_out_inputs_that_are_far_narrower(factor: float) -> None:
    with seeded(0):
        model = nn.Sequential(nn.Conv1d(2, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(24, 1))
    waves = lambda n: (x := torch.randn(n, 2, 8), x.mean((1, 2))[:, None])  # noqa: E731
    case = watched(model, waves, F.mse_loss, held=lambda n: (factor * waves(n)[0], waves(n)[1]))
    assert PROBES["preprocessing-mismatch"](case).found == (factor == 0.01)


class Largest(TorchDispatchMode):
    """The most numbers in double precision that an operation of torch gives at once."""

    numbers = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        if isinstance(made, Tensor) and made.dtype == torch.float64:
            self.numbers = max(self.numbers, made.numel())
        return made


def test_to_compare_many_inputs_takes_the_memory_of_few() -> None:
    with seeded(0):
        model = nn.Linear(6, 1)
    waves = lambda n: (x := torch.randn(n, 6), x[:, 1:2])  # noqa: E731
    case = watched(model, waves, F.mse_loss, held=waves)
    many, few = (Batch.of(*waves(n)) for n in (50_000, 300))
    with Largest() as largest:
        reading = PROBES["preprocessing-mismatch"](replace(case, batches=(many,), held_out=few))
    assert reading.outcome == "not found"
    assert 0 < largest.numbers < many.x.numel() / 10


def test_one_outlier_in_the_training_data_prepares_nothing_otherwise() -> None:
    def heavy(n: int) -> tuple[Tensor, Tensor]:
        x = torch.randn(n, 6)
        x[0, 0] = 300.0
        return x, x[:, 1:2]

    with seeded(0):
        model = nn.Linear(6, 1)
    usual = lambda n: (x := torch.randn(n, 6), x[:, 1:2])  # noqa: E731
    case = watched(model, heavy, F.huber_loss, held=usual)
    assert not PROBES["preprocessing-mismatch"](case).found


def test_targets_that_are_all_the_same_belong_to_any_example() -> None:
    with seeded(0):
        model = nn.Linear(6, 3)
    always = torch.tensor([1.0, 0.0, 1.0])
    rows = lambda n: (torch.randn(n, 6), always.repeat(n, 1))  # noqa: E731
    case = watched(model, rows, F.binary_cross_entropy_with_logits, held=rows)
    assert PROBES["labels-misaligned"](case).outcome == "does not apply"


def test_a_penalty_on_the_outputs_turns_no_sign() -> None:
    with seeded(0):
        model = nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Linear(16, 3))
        with torch.no_grad():
            model[2].weight.mul_(10)
    rows = lambda n: (x := torch.randn(n, 6), x[:, :3].argmax(1))  # noqa: E731
    penalised = lambda o, y: F.multi_margin_loss(o, y) + 100 * o.square().mean()  # noqa: E731
    turned = lambda o, y: -F.multi_margin_loss(o, y) + 1e-3 * o.square().mean()  # noqa: E731
    found = [PROBES["loss-sign-flipped"](watched(model, rows, loss)).found for loss in (penalised, turned)]
    assert found == [False, True]


def test_logits_are_no_logarithms_of_probabilities() -> None:
    with seeded(0):
        model = nn.Sequential(nn.Embedding(20, 4), nn.Linear(4, 20))
        normed = nn.Sequential(nn.Embedding(20, 4), nn.Linear(4, 20), nn.LogSoftmax(-1))
    words = lambda n: (x := torch.randint(20, (n,)), (x + 3) % 20)  # noqa: E731
    taken = lambda o, y: -o.gather(1, y[:, None]).mean()  # noqa: E731
    for loss in (F.nll_loss, taken):
        found = [PROBES["probabilities-into-nll"](watched(each, words, loss)).found for each in (model, normed)]
        assert found == [True, False]
    assert not PROBES["probabilities-into-nll"](watched(model, words, F.cross_entropy)).found


def test_a_loss_that_looks_at_one_output_of_several_classes() -> None:
    with seeded(0):
        model = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 4))
    rows = lambda n: (x := torch.randn(n, 6), x[:, :4].argmax(1))  # noqa: E731
    first = lambda o, y: F.smooth_l1_loss(o[:, 0], y.float())  # noqa: E731
    assert PROBES["wrong-loss"](watched(model, rows, first)).found
    assert not PROBES["wrong-loss"](watched(model, rows, F.cross_entropy)).found
    assert ("wrong-loss", "loss-sign-flipped") in EXPLAINS


@pytest.mark.parametrize("clip", [1e-4, 1.0])
def test_steps_that_clipping_makes_short(clip: float) -> None:
    with seeded(0):
        model = nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Linear(16, 1))
    rows = lambda n: (x := torch.randn(n, 6), x.sum(1, keepdim=True))  # noqa: E731
    sgd = lambda params: torch.optim.SGD(params, 0.05)  # noqa: E731
    reading = PROBES["lr-too-low"](watched(model, rows, F.mse_loss, optimizer=sgd, clip=clip))
    assert reading.found == (clip < 1)
    assert reading.certain == (clip < 1)


def test_the_same_answers_to_several_questions() -> None:
    with seeded(0):
        model = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 3))
    always = torch.tensor([1.0, 0.0, 1.0])
    alike = lambda n: (torch.randn(n, 6), always.repeat(n, 1))  # noqa: E731
    own = lambda n: (x := torch.randn(n, 6), (x[:, :3] > 0).float())  # noqa: E731
    loss = F.binary_cross_entropy_with_logits
    cases = [watched(model, rows, loss, held=rows, steps=200) for rows in (alike, own)]
    assert [PROBES["degenerate-targets"](case).found for case in cases] == [True, False]


@pytest.mark.parametrize("value", [0.0, 1.0, 0.5])
@pytest.mark.parametrize("loss", [F.mse_loss, F.l1_loss])
def test_numbers_that_are_all_the_same_convict_no_loss(loss: Any, value: float) -> None:
    """All are 0 or all are 1: these are no answers of yes and no, and a step past them is no step away from them."""
    with seeded(0):
        model = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 1))
    rows = lambda n: (torch.randn(n, 6), torch.full((n, 1), value))  # noqa: E731
    case = watched(model, rows, loss)
    assert PROBES["wrong-loss"](case).outcome == "cannot tell"
    assert not PROBES["loss-sign-flipped"](case).found
    assert PROBES["loss-sign-flipped"](watched(model, rows, lambda o, y: -loss(o, y))).found
