"""Which of two causes is named where both tests could be positive; and structures that a test saw only in part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from foreign import seeded, trained, watched
from foreign_optimizer import table
from foreign_step_size import plain
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.diagnosis.ranking import EXPLAINS, ranked
from lossbook.diagnosis.suspicion import Suspicion, kind_of
from lossbook.evidence import Batch, Case
from lossbook.probes import PROBES, Reading, Trial

STEPS = 150
HELPS = Trial("a line was changed", (2.0,) * 30, (2.0, *(0.1,) * 30))


def found(key: str, case: Case) -> bool:
    return PROBES[key](case).found


@pytest.mark.parametrize("setting", ["lr-too-low", "weight-decay-too-strong", "capacity-too-small", "adam-betas"])
@pytest.mark.parametrize("cause", ["vanishing-gradients", "bad-init-scale", "unscaled-inputs"])
def test_what_a_fresh_model_shows_stands_before_a_setting_that_makes_up_for_it(cause: str, setting: str) -> None:
    given = [Suspicion(key, kind_of(key), Reading("found", "it is there"), HELPS) for key in (setting, cause)]
    assert [(place.suspicion.cause, place.follows) for place in ranked(given)] == [(cause, None), (setting, cause)]
    assert (setting, cause) not in EXPLAINS


def test_units_that_are_off_stand_before_a_rate_that_brings_them_back() -> None:
    given = [
        Suspicion(key, kind_of(key), Reading("found", "it is there"), HELPS) for key in ("lr-too-low", "dead-relu")
    ]
    assert [(place.suspicion.cause, place.follows) for place in ranked(given)] == [
        ("dead-relu", None),
        ("lr-too-low", "dead-relu"),
    ]


def test_a_usual_momentum_is_not_too_high_where_the_rate_is() -> None:
    case = table(0, lambda params: torch.optim.SGD(params, lr=0.2, momentum=0.9))
    assert PROBES["momentum-too-high"](case).outcome == "does not apply"
    assert found("lr-too-high", case)


@pytest.mark.parametrize(("betas", "lr", "expected"), [((0.1, 0.001), 0.05, True), ((0.5, 0.9), 0.02, False)])
def test_betas_of_a_short_memory_are_found_though_the_first_steps_are_as_good_as_any(
    betas: tuple[float, float], lr: float, expected: bool
) -> None:
    case = table(0, lambda params: torch.optim.Adam(params, lr=lr, betas=betas))
    assert found("adam-betas", case) is expected


class Words(nn.Module):
    """A number for each text."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.hidden, self.norm = nn.EmbeddingBag(8, 16), nn.Linear(16, 24), nn.BatchNorm1d(24)
        self.last = nn.Linear(24, 1)

    def forward(self, ids: Tensor) -> Tensor:
        return self.last(torch.relu(self.norm(self.hidden(self.words(ids))))).squeeze(1)


def images(kind: int) -> nn.Module:
    """A number for each image: a norm behind the last layer but one, or within the layers of maps."""
    first = nn.Conv2d(1, 8, 3, padding=1)
    if kind == 1:
        flat = nn.Sequential(nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(128, 24), nn.BatchNorm1d(24))
        return nn.Sequential(first, flat, nn.ReLU(), nn.Linear(24, 1), nn.Flatten(0))
    maps = nn.Sequential(nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten())
    return nn.Sequential(first, maps, nn.Linear(128, 1), nn.Flatten(0))


def scored(what: str, size: int) -> Case:
    """A training in batches of some texts or images."""
    with seeded(0):
        if what == "texts":
            model: nn.Module = Words()
            x, value = torch.randint(0, 8, (400, 6)), torch.randn(8)
            y = value[x].mean(1) * 3
        else:
            model = images(1 if what == "images" else 2)
            x = torch.randn(400, 1, 8, 8) + torch.randn(400, 1, 1, 1)
            y = x.mean((1, 2, 3))
        batches = [Batch.of(*pair) for pair in zip(x.split(size), y.split(size), strict=True)]
        return trained(model, torch.optim.Adam(model.parameters(), lr=1e-2), F.mse_loss, batches[:60], STEPS)


@pytest.mark.parametrize(
    ("what", "size", "expected"),
    [("texts", 2, True), ("images", 2, True), ("texts", 16, False), ("images", 16, False), ("maps", 2, False)],
)
def test_a_batch_norm_over_two_rows_is_found(what: str, size: int, expected: bool) -> None:
    assert found("batch-too-small", scored(what, size)) is expected


class Two(nn.Module):
    """Two inputs."""

    def __init__(self, norm: bool = False) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(3) if norm else nn.Identity()
        self.net = nn.Sequential(nn.Linear(5, 24), nn.Tanh(), nn.Linear(24, 1))

    def forward(self, person: Tensor, place: Tensor) -> Tensor:
        return self.net(torch.cat([self.norm(person), place], 1))


class Timed(nn.Module):
    """Noise at a time of 0 to 1000, which is told by its sines."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(6 + 16, 32), nn.ReLU(), nn.Linear(32, 6))

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        angle = t[:, None] / 1000 ** (torch.arange(8) / 8)
        return self.net(torch.cat([x, angle.sin(), angle.cos()], 1))


def two(scale: float, norm: bool = False) -> Case:
    """A regression on two tables."""
    with seeded(0):
        person, place = torch.rand(1280, 3), torch.rand(1280, 2)
        y = 2 * (5 * person[:, :1]).sin() + person[:, 1:2] - place[:, :1]
        parts = zip(person.split(32), place.split(32), y.split(32), strict=True)
        batches = [Batch((scale * a, b), {}, target) for a, b, target in parts]
        model = Two(norm)
        return trained(model, torch.optim.Adam(model.parameters(), lr=2e-2), F.mse_loss, batches, STEPS)


def noise() -> Case:
    """A sound training that gets the time as a large number."""
    with seeded(0):
        batches = []
        for _ in range(40):
            x, eps, t = torch.randn(32, 1).expand(32, 6), torch.randn(32, 6), torch.randint(0, 1000, (32,)).float()
            share = (t / 1000)[:, None]
            batches.append(Batch(((1 - share) * x + share * eps, t), {}, eps))
        model = Timed()
        return trained(model, torch.optim.Adam(model.parameters(), lr=5e-3), F.mse_loss, batches, STEPS)


def heat(scale: float) -> Case:
    """A net whose slope in time is part of the loss."""

    def loop(model: nn.Module, optimizer: Any, loss: Any, batches: Any) -> None:
        for _ in range(STEPS):
            t = (scale * torch.rand(32, 1)).requires_grad_()
            optimizer.zero_grad()
            u = model(t)
            slope = torch.autograd.grad(u.sum(), t, create_graph=True)[0]
            begin = (model(torch.zeros(1, 1)) - 1).square().mean()
            ((scale * slope + 3 * u).square().mean() + begin).backward()
            optimizer.step()

    with seeded(0):
        model = nn.Sequential(nn.Linear(1, 24), nn.Tanh(), nn.Linear(24, 1))
        return watched(model, torch.optim.Adam(model.parameters(), lr=4e-3), None, [], loop)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: two(1000.0), True),
        (lambda: heat(5000.0), True),
        (lambda: two(1.0), False),
        (lambda: two(1000.0, norm=True), False),
        (lambda: heat(1.0), False),
        (noise, False),
    ],
)
def test_one_of_several_inputs_is_out_of_scale(make: Callable[[], Case], expected: bool) -> None:
    case = make()
    assert found("unscaled-inputs", case) is expected
    assert not found("input-ignored", case)


class Adapted(nn.Module):
    """A frozen layer, and beside it two thin ones, the second of which starts at zero."""

    def __init__(self, base: nn.Linear) -> None:
        super().__init__()
        self.base = base.requires_grad_(False)
        self.a = nn.Parameter(torch.randn(6, base.in_features) / base.in_features**0.5)
        self.b = nn.Parameter(torch.zeros(base.out_features, 6))

    def forward(self, x: Tensor) -> Tensor:
        return self.base(x) + 2 * x @ self.a.T @ self.b.T


@pytest.mark.parametrize("late", [True, False])
def test_adapters_that_came_after_the_optimizer_are_what_is_not_trained(late: bool) -> None:
    with seeded(0):
        base, head = nn.Linear(12, 8), nn.Linear(8, 1)
        adapted = Adapted(base)
        model = nn.Sequential(adapted, nn.Tanh(), head)
        params = head.parameters() if late else [each for each in model.parameters() if each.requires_grad]
        x = torch.randn(1280, 12)
        y = 3 * torch.tanh(2 * x[:, :4].sum(1, keepdim=True))
        batches = [Batch.of(*pair) for pair in zip(x.split(32), y.split(32), strict=True)]
        case = watched(model, torch.optim.AdamW(params, lr=2e-2), F.mse_loss, batches, plain)
    assert not found("symmetric-init", case)
    assert not found("weights-not-loaded", case)
    assert found("parameters-not-optimized", case) is late


def test_a_net_that_has_learned_before_is_not_too_small() -> None:
    with seeded(0):
        x = torch.randn(640, 8)
        y = (x[:, 0] > 0).long()
        model = nn.Sequential(nn.Linear(8, 2))
        batches = [Batch.of(*pair) for pair in zip(x.split(32), y.split(32), strict=True)]
        trained(model, torch.optim.Adam(model.parameters(), lr=0.05), F.cross_entropy, batches, 300)
        case = trained(model, torch.optim.Adam(model.parameters(), lr=1e-4), F.cross_entropy, batches, 60)
    reading = PROBES["capacity-too-small"](case)
    assert "it has learned" in reading.sentence
    assert not reading.found


class Sum(nn.Module):
    """Two nets side by side, the second of which may be off."""

    def __init__(self, outputs: int, beside: bool) -> None:
        super().__init__()
        self.off = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, outputs))
        self.on = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, outputs)) if beside else None
        nn.init.constant_(self.off[0].bias, -8.0)

    def forward(self, x: Tensor) -> Tensor:
        return self.off(x) if self.on is None else self.off(x) + self.on(x)


@pytest.mark.parametrize("classes", [True, False])
@pytest.mark.parametrize("beside", [True, False])
def test_a_layer_that_is_off_throughout_is_found_where_nothing_else_passes(classes: bool, beside: bool) -> None:
    with seeded(0):
        x = torch.randn(1280, 12)
        y = (2 * x[:, 0] > x[:, 1]).long() if classes else x[:, :1] * x[:, 1:2] + x[:, 2:3]
        model = Sum(2 if classes else 1, beside)
        batches = [Batch.of(*pair) for pair in zip(x.split(32), y.split(32), strict=True)]
        loss: Callable[..., Tensor] = F.cross_entropy if classes else F.mse_loss
        case = trained(model, torch.optim.Adam(model.parameters(), lr=2e-3), loss, batches, 200)
    reading = PROBES["dead-relu"](case)
    assert reading.found is not beside, reading
