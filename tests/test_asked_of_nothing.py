"""Targets in an order that does not matter, a loss that is free for one of two classes, one that is made large, and
what a training led to by itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES

Loss = Callable[[Tensor, Tensor], Tensor]


def seen(
    model: nn.Module,
    batch_of: Callable[[int], tuple[Tensor, Tensor]],
    loss_of: Callable[[nn.Module, Tensor, Tensor], Tensor],
    optimizer: torch.optim.Optimizer,
    steps: int = 150,
    loss_fn: Loss | None = None,
) -> Case:
    with watch(model, optimizer, loss_fn=loss_fn) as watching:
        for step in range(steps):
            x, y = batch_of(step)
            optimizer.zero_grad()
            loss = loss_of(model, x, y)
            loss.backward()
            optimizer.step()
            watching.step(loss)
    return watching.case()


def sorted_distance(output: Tensor, y: Tensor) -> Tensor:
    """Between two clouds, whichever point is which."""
    return (output.sort(0).values - y.sort(0).values).square().mean()


@pytest.mark.parametrize(("loss", "outcome"), [(sorted_distance, "does not apply"), (F.mse_loss, "found")])
def test_clouds_of_points_have_no_order(loss: Loss, outcome: str) -> None:
    with seeded(0):
        points = [(torch.randn(64, 3), 0.3 * torch.randn(64, 2) + 2) for _ in range(30)]
        model = nn.Sequential(nn.Linear(3, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))
        optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
        case = seen(model, lambda step: points[step % 30], lambda m, x, y: loss(m(x), y), optimizer, 300, loss)
        assert PROBES["labels-misaligned"](case).outcome == outcome


class Sketch(nn.Module):
    """Pictures through three numbers, and how large those are."""

    def __init__(self) -> None:
        super().__init__()
        self.small, self.back = nn.Linear(20, 3), nn.Sequential(nn.ReLU(), nn.Linear(3, 20))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        code = self.small(x)
        return self.back(code), code


@pytest.mark.parametrize(("sign", "found"), [(1.0, False), (-1.0, True)])
def test_a_reconstruction_that_is_made_as_bad_as_can_be(sign: float, found: bool) -> None:
    with seeded(0):
        model = Sketch()
        x = torch.randn(600, 20)

        def loss_of(model: nn.Module, x: Tensor, _: Tensor) -> Tensor:
            made, code = model(x)
            return 0.5 * code.square().sum(1).mean() + sign * F.mse_loss(made, x)

        def batch_of(_: int) -> tuple[Tensor, Tensor]:
            some = x[torch.randint(600, (32,))]
            return some, some

        case = seen(model, batch_of, loss_of, torch.optim.Adam(model.parameters(), lr=3e-3))
        reading = PROBES["loss-sign-flipped"](case)
        assert reading.found == found
        assert not found or "mse_loss" in reading.sentence
        assert PROBES["labels-misaligned"](case).outcome == "does not apply"


def test_two_losses_that_are_played_off_against_each_other_are_meant() -> None:
    with seeded(0):
        model = nn.Linear(6, 2)
        x = torch.randn(400, 6)
        y = torch.stack([x[:, 0], x[:, 1]], 1)

        def loss_of(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
            made = model(x)
            return F.mse_loss(made[:, 0], y[:, 0]) - F.mse_loss(made[:, 1], y[:, 1])

        case = seen(model, lambda _: (x[:64], y[:64]), loss_of, torch.optim.SGD(model.parameters(), lr=0.1))
        assert case.log.loss.values[-1] < 0
        assert not PROBES["loss-sign-flipped"](case).found


def hinge(output: Tensor, y: Tensor) -> Tensor:
    return (1 - output * y).clamp_min(0).mean()


def for_hits_alone(output: Tensor, y: Tensor) -> Tensor:
    """As rewards of 0 and 1 weigh what was done."""
    return (y * F.softplus(-output)).mean()


@pytest.mark.parametrize(
    ("loss", "low", "found"),
    [(hinge, 0.0, True), (hinge, -1.0, False), (F.soft_margin_loss, 0.0, True), (for_hits_alone, 0.0, False)],
)
def test_a_loss_of_minus_one_and_one_that_gets_a_zero(loss: Loss, low: float, found: bool) -> None:
    with seeded(0):
        x = torch.randn(640, 8)
        y = torch.where(x[:, 0] + x[:, 1] > 0.3, 1.0, low)
        model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 1), nn.Flatten(0))
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
        some = [rows for _ in range(8) for rows in torch.randperm(640).split(32)]
        case = seen(model, lambda i: (x[some[i]], y[some[i]]), lambda m, x, y: loss(m(x), y), optimizer, 120, loss)
        reading = PROBES["wrong-loss"](case)
        assert reading.found == found, reading
        told = "wants labels of -1 and 1" if loss is F.soft_margin_loss else "whatever is answered"
        assert not found or told in reading.sentence


@pytest.mark.parametrize("bent", [False, True])
def test_an_affine_map_may_be_all_that_a_task_asks_for(bent: bool) -> None:
    with seeded(0):
        x = torch.randn(640, 5)
        y = (x[:, :1] * x[:, 1:2] if bent else x @ torch.randn(5, 1)) + 0.05 * torch.randn(640, 1)
        model = nn.Sequential(nn.Linear(5, 16), nn.Linear(16, 16), nn.Linear(16, 1))
        optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)

        def batch_of(_: int) -> tuple[Tensor, Tensor]:
            rows = torch.randint(640, (64,))
            return x[rows], y[rows]

        case = seen(model, batch_of, lambda m, x, y: F.mse_loss(m(x), y), optimizer, 300, F.mse_loss)
        assert PROBES["missing-nonlinearity"](case).found == bent


def listened_to(lr: float, scale: float) -> Case:
    """Melodies that a recurrent net tells apart; its weights ``scale`` times as large as torch draws them."""
    with seeded(0):
        tone = torch.randint(4, (960,))
        x = torch.sin(torch.arange(24.0) * (tone[:, None] + 1) * 0.4 + 6.3 * torch.rand(960, 1))[..., None]
        x = x + 0.3 * torch.randn(x.shape)

        class Ear(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.ear, self.name = nn.RNN(1, 32, batch_first=True), nn.Linear(32, 4)
                with torch.no_grad():
                    for weight in self.ear.parameters():
                        weight.mul_(scale)

            def forward(self, x: Tensor) -> Tensor:
                return self.name(self.ear(x)[1][-1])

        model = Ear()
        optimizer = torch.optim.RMSprop(model.parameters(), lr=lr)
        some = [rows for _ in range(7) for rows in torch.randperm(960).split(32)]
        steps = len(some)
        return seen(
            model,
            lambda i: (x[some[i]], tone[some[i]]),
            lambda m, x, y: F.cross_entropy(m(x), y),
            optimizer,
            steps,
            F.cross_entropy,
        )


def test_units_that_long_steps_have_saturated_are_no_cause_of_their_own() -> None:
    case = listened_to(0.2, 1.0)
    reading = PROBES["saturated-activations"](case)
    assert not reading.found
    assert "at the start" in reading.sentence
    assert PROBES["lr-too-high"](case).found


def over_the_batch(output: Tensor, y: Tensor) -> Tensor:
    return F.nll_loss(output.log_softmax(0), y)


@pytest.mark.parametrize(("loss", "found"), [(over_the_batch, True), (F.cross_entropy, False)])
def test_a_softmax_over_the_examples_is_none_over_the_classes(loss: Loss, found: bool) -> None:
    with seeded(0):
        x = torch.randn(640, 6)
        y = (x[:, 0] > 0.2).long() + (x[:, 1] > 0).long()
        model = nn.Sequential(nn.Linear(6, 32), nn.ReLU(), nn.Linear(32, 3))
        some = [rows for _ in range(5) for rows in torch.randperm(640).split(32)]
        optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
        case = seen(model, lambda i: (x[some[i]], y[some[i]]), lambda m, x, y: loss(m(x), y), optimizer, 100)
        reading = PROBES["wrong-loss"](case)
        assert reading.found == found, reading
        assert not found or "over the batch" in reading.sentence


@pytest.mark.parametrize(("order", "cause"), [("sorted", "data-not-shuffled"), ("alike", "degenerate-targets")])
def test_a_class_that_fills_all_the_batches_that_are_kept(order: str, cause: str) -> None:
    with seeded(0):
        y = torch.arange(4).repeat_interleave(800) if order == "sorted" else torch.ones(3200, dtype=torch.int64)
        x = torch.randn(3200, 8) + 1.5 * F.one_hot(y, 8)
        model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 4))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

        def batch_of(step: int) -> tuple[Tensor, Tensor]:
            rows = slice(16 * (step % 200), 16 * (step % 200) + 16)  # 50 batches of each class
            return x[rows], y[rows]

        case = seen(model, batch_of, lambda m, x, y: F.cross_entropy(m(x), y), optimizer, 400)
        assert {key for key in ("data-not-shuffled", "degenerate-targets") if PROBES[key](case).found} == {cause}
