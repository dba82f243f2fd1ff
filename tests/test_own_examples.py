"""What the training's own examples and a plain net tell: learnt by heart, numbered classes, terms, stale statistics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.diagnosis import watch as report_of
from lossbook.diagnosis.ranking import EXPLAINS
from lossbook.evidence import Case, watch
from lossbook.probes import PROBES

BATCH = 20
LossOf = Callable[[nn.Module, Tensor, Tensor], Tensor]


def trained(
    model: nn.Module, x: Tensor, y: Tensor, loss_of: LossOf, *, steps: int = 160, lr: float = 1e-2, **how: Any
) -> Case:
    """Epoch after epoch over the same examples, with Adam; ``how`` for ``watch``, and ``decay``."""
    with seeded(1):
        optimizer = torch.optim.AdamW(model.parameters(), lr, weight_decay=how.pop("decay", 0.0))
        with watch(model, optimizer, **how) as watching:
            for step in range(steps):
                if step % (len(x) // BATCH) == 0:
                    rows = iter(torch.randperm(len(x)).split(BATCH))
                some = next(rows)
                optimizer.zero_grad()
                loss = loss_of(model, x[some], y[some])
                loss.backward()
                optimizer.step()
                watching.step(loss)
    return watching.case()


def made(*layers: Callable[[], nn.Module]) -> nn.Sequential:
    with seeded(0):
        return nn.Sequential(*(layer() for layer in layers))


def entropy(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    return F.cross_entropy(model(x), y)


def soil(n: int, columns: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Two classes that three of many columns tell apart, with much noise."""
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(n, columns, generator=g)
    return x, (x[:, :3].sum(1) + 1.5 * torch.randn(n, generator=g) > 0).long()


@pytest.mark.parametrize(("n", "columns", "outcome"), [(60, 150, "found"), (400, 12, "not found")])
def test_few_examples_of_many_numbers_are_learnt_by_heart(n: int, columns: int, outcome: str) -> None:
    """No held-out example was seen: a copy is asked of a part of the training's own."""
    model = made(lambda: nn.Linear(columns, 64), nn.ReLU, lambda: nn.Linear(64, 2))
    case = trained(model, *soil(n, columns), entropy)
    assert case.held_out is None
    assert PROBES["overfitting"](case).outcome == outcome


def test_examples_that_do_not_come_again_are_not_all_there_are() -> None:
    model = made(lambda: nn.Linear(150, 64), nn.ReLU, lambda: nn.Linear(64, 2))
    case = trained(model, *soil(800, 150), entropy, steps=40)
    assert PROBES["overfitting"](case).outcome == "cannot tell"


def test_a_decay_that_keeps_a_net_from_learning_by_heart_is_not_too_strong() -> None:
    """It costs much on the few examples, which come again and again, and nothing on others."""
    model = made(lambda: nn.Linear(150, 32), nn.ReLU, lambda: nn.Linear(32, 2))
    case = trained(model, *soil(60, 150), entropy, decay=30.0)
    reading = PROBES["weight-decay-too-strong"](case)
    assert not reading.found, reading


def test_labels_of_other_examples_can_only_be_learnt_by_heart() -> None:
    assert ("labels-misaligned", "overfitting") in EXPLAINS


def kinds(n: int, *, ordered: bool) -> tuple[Tensor, Tensor]:
    """Groups of points, numbered at random; or levels of one quantity."""
    g = torch.Generator().manual_seed(3)
    y = torch.randint(6, (n,), generator=g)
    places = torch.randn(6, 4, generator=g) * 2.5
    levels = torch.arange(6.0)[:, None] * torch.tensor([0.5, -0.4, 0.3, 0.2])
    return (levels if ordered else places)[y] + 0.7 * torch.randn(n, 4, generator=g), y.float()


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("loss_fn", [F.mse_loss, F.smooth_l1_loss])
def test_numbers_of_classes_are_told_from_levels(loss_fn: Any, ordered: bool) -> None:
    model = made(lambda: nn.Linear(4, 32), nn.ReLU, lambda: nn.Linear(32, 1))
    case = trained(model, *kinds(900, ordered=ordered), lambda m, x, y: loss_fn(m(x)[:, 0], y))
    reading = PROBES["wrong-loss"](case)
    assert reading.found != ordered, reading
    assert PROBES["wrong-loss"].mend is not None
    assert PROBES["wrong-loss"].mend(case) is None or loss_fn is not F.mse_loss  # squares are no other loss


@pytest.mark.parametrize(("momentum", "found"), [(0.001, True), (0.1, False), (None, False)])
def test_running_statistics_that_hardly_follow_the_data(momentum: float | None, found: bool) -> None:
    x, y = soil(600, 12)
    model = made(
        lambda: nn.Linear(12, 32), lambda: nn.BatchNorm1d(32, momentum=momentum), nn.ReLU, lambda: nn.Linear(32, 2)
    )
    reading = PROBES["train-eval-mode"](trained(model, 4 * x + 9, y, entropy))
    assert reading.found == found, reading
    assert (reading.fix is not None) == found


def smooth(total: Callable[[Tensor], Tensor]) -> LossOf:
    """What a line should be, and how much it goes up and down."""
    return lambda model, x, y: F.mse_loss(model(x), y) + 0.05 * total((model(x)[:, 1:] - model(x)[:, :-1]).abs())


@pytest.mark.parametrize(("total", "found"), [(torch.sum, True), (torch.mean, False)])
def test_a_term_under_which_one_answer_is_cheaper_than_right_ones(total: Any, found: bool) -> None:
    g = torch.Generator().manual_seed(0)
    phase = 6 * torch.rand(400, 1, generator=g)
    y = torch.sin(phase + torch.linspace(0, 5, 24))
    x = y + 0.3 * torch.randn(y.shape, generator=g)
    model = made(lambda: nn.Linear(24, 64), nn.ReLU, lambda: nn.Linear(64, 24))
    case = trained(model, x, y, smooth(total))
    reading = PROBES["loss-terms-unbalanced"](case)
    assert reading.found == found, reading
    assert not found or ("loss-terms-unbalanced", "labels-misaligned") in EXPLAINS


@pytest.mark.filterwarnings("ignore:Using a target size")  # else the loss that is not meant fails
@pytest.mark.parametrize("given", [True, False])
@pytest.mark.parametrize("far", [1.0, 3.0, 30.0])
def test_a_loss_that_comes_near_what_was_seen_is_not_taken_for_it(given: bool, far: float) -> None:
    """Outputs far from all targets: of every pair the difference is nearly the same, but only of some it is meant."""
    g = torch.Generator().manual_seed(0)
    x = torch.randn(400, 4, generator=g) + torch.tensor([900.0, 400.0, 20.0, 3.0])
    y = (x - x.mean(0)) @ torch.tensor([0.4, -0.3, 0.2, 0.1])
    model = made(lambda: nn.Linear(4, 32), nn.ReLU, lambda: nn.Linear(32, 1))
    loss_fn = nn.MSELoss()
    how = {"loss_fn": loss_fn} if given else {}
    case = trained(model, far * x, y, lambda m, x, y: loss_fn(m(x).squeeze(1), y), lr=1e-4, **how)
    output, target = case.batches[0].output(case.start.model), case.batches[0].target
    assert case.loss is not None
    right = F.mse_loss(output.squeeze(1), target).item()
    assert case.loss(output, target).item() == pytest.approx(right, rel=1e-6)
    assert not PROBES["broadcast-loss"](case).found
    assert not PROBES["labels-misaligned"](case).found


def test_what_a_loop_divides_by_zero_is_no_fault_of_its_data() -> None:
    """The last group holds one example, whose deviation is 0 divided by 0; the weights spoil what comes later."""
    model = made(lambda: nn.Linear(5, 8), nn.Tanh, lambda: nn.Linear(8, 1))
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    with seeded(0), report_of(model, optimizer) as watching:
        for _ in range(12):
            x = torch.randn(41, 5)
            before = model(x).detach()[:, 0]  # not finite either, once the weights are not
            for some in torch.randperm(41).split(20):
                said = model(x[some])[:, 0]
                won = x[some, 0] - said.detach()
                won = won - won.mean()
                loss = -((said - before[some]).exp() * won / (won.square().sum() / (len(won) - 1)).sqrt()).mean()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                watching.step(loss)
    causes = [finding.cause for finding in watching.report(steps=1500, seed=0, progress=False).findings]
    assert causes[:1] == ["undefined-operation"]
    assert "nonfinite-inputs" not in causes


@pytest.mark.parametrize("seed", [11, 13])
def test_targets_of_thousands_that_hardly_begin_to_be_learnt(seed: int) -> None:
    """Even standardised they do not fall below their first loss in a short trial, which starts far lower."""
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(600, 6, generator=g)
    y = 52_000 + 21_000 * (0.1 * x[:, 0] + torch.randn(600, generator=g))
    model = made(lambda: nn.Linear(6, 16), nn.ELU, lambda: nn.Linear(16, 1))
    case = trained(model, x, y, lambda m, x, y: F.l1_loss(m(x).flatten(), y), lr=1e-4)
    assert PROBES["unscaled-targets"](case).found


class Named(nn.Module):
    """Its output has a name, and something beside it."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        return {"hours": self.net(x)[:, 0], "rows": torch.arange(len(x))}


def test_targets_are_scaled_for_an_output_with_a_name() -> None:
    x = torch.randn(600, 6, generator=torch.Generator().manual_seed(0))
    model = Named(made(lambda: nn.Linear(6, 16), nn.ReLU, lambda: nn.Linear(16, 1)))
    case = trained(model, x, 3000 + 900 * x[:, 0], lambda m, x, y: F.mse_loss(m(x)["hours"], y), lr=1e-3)
    reading = PROBES["unscaled-targets"](case)
    assert reading.found, reading


@pytest.mark.parametrize(("weight", "said"), [(None, "rare classes are found"), (15.0, "somebody has thought of it")])
def test_the_places_of_a_mask_of_yes_and_no_are_counted(weight: float | None, said: str) -> None:
    g = torch.Generator().manual_seed(0)
    y = (torch.rand(240, 1, 8, 8, generator=g) < 0.04).float()
    x = y + 0.35 * torch.randn(y.shape, generator=g)
    model = made(lambda: nn.Conv2d(1, 4, 3, padding=1), nn.ReLU, lambda: nn.Conv2d(4, 1, 1))
    weights = None if weight is None else torch.tensor(weight)
    line = lambda m, x, y: F.binary_cross_entropy_with_logits(m(x), y, pos_weight=weights)  # noqa: E731
    reading = PROBES["class-imbalance"](trained(model, x, y, line, steps=60))
    assert said in reading.sentence
    assert reading.found == (weight is None), reading
