"""What gets lost between outputs and loss, or mixed up; what is unfrozen later; what is sure from the start.

Beside each stands what looks like it and is meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES, helps, trial_of

N, WIDTH, STEPS = 24, 6, 60
LossOf = Callable[[nn.Module, Tensor], Tensor]


def seen(
    model: Callable[[], nn.Module],
    loss_of: LossOf,
    *,
    lr: float = 0.02,
    params: Callable[[Any], Iterator[Any]] = nn.Module.parameters,
    thaws: Callable[[Any, torch.optim.Optimizer], None] | None = None,
    draw: Callable[[], Tensor] = lambda: torch.randn(N, WIDTH),
) -> Case:
    """A loop of plain lines."""
    with seeded(0):
        net = model()
        optimizer = torch.optim.Adam(params(net), lr=lr)
        with watch(net, optimizer) as watching:
            for step in range(STEPS):
                if thaws is not None and step == STEPS // 3:
                    thaws(net, optimizer)
                loss = loss_of(net, draw())
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
    return watching.case()


class Pricing(nn.Module):
    """Gives the losses of two heads as a table of names, or as a list of which one is taken."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.body, self.how = nn.Sequential(nn.Linear(WIDTH, 16), nn.Tanh()), how
        self.price, self.sold = nn.Linear(16, 1), nn.Linear(16, 1)

    def forward(self, x: Tensor) -> Any:
        states = self.body(x)
        price = F.smooth_l1_loss(self.price(states).squeeze(1), x[:, 0])
        if self.how == "for the log alone":
            with torch.no_grad():
                F.binary_cross_entropy_with_logits(self.sold(states).squeeze(1), (x[:, 1] > 0).float())
            return {"price": price}
        if self.how == "a probe of its own":  # what it learns must not reach the body
            sold = F.binary_cross_entropy_with_logits(self.sold(states.detach()).squeeze(1), (x[:, 1] > 0).float())
            return {"price": price, "sold": sold}
        sold = F.binary_cross_entropy_with_logits(self.sold(states).squeeze(1), (x[:, 1] > 0).float())
        return {"loss": sold, **{"loss" if self.how == "one name" else "price": price}}


def total(model: nn.Module, x: Tensor) -> Tensor:
    losses: dict[str, Tensor] = model(x)
    return torch.stack([*losses.values()]).sum()


@pytest.mark.parametrize("how", ["one name", "two names", "for the log alone", "a probe of its own"])
def test_a_loss_that_is_computed_within_the_model_and_dropped_is_found(how: str) -> None:
    case = seen(lambda: Pricing(how), total)
    reading = PROBES["loss-term-lost"](case)
    assert reading.found == (how == "one name"), reading
    if reading.found:
        mend = PROBES["loss-term-lost"].mend(case)  # type: ignore[misc]
        assert mend is not None
        assert helps(trial_of(case, mend))


class Height(nn.Module):
    """A height for each place."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 1))

    def forward(self, at: Tensor) -> Tensor:
        return self.body(at)


def slopes(model: nn.Module, x: Tensor, *, wanted: Callable[[Tensor], Tensor]) -> Tensor:
    """The slope of the height shall be that of a sine, and the height 0 at one end."""
    at = x[:, :1].clone().requires_grad_()
    slope = torch.autograd.grad(model(at).sum(), at, create_graph=True)[0]
    return (wanted(x) - slope).square().mean() + model(torch.zeros(1, 1)).square().mean()


def all_with_all(model: nn.Module, x: Tensor) -> Tensor:
    """On purpose: heights of all places beside those of all others, and so their distances."""
    at = x[:, :1].clone().requires_grad_()
    height = model(at)
    slope = torch.autograd.grad(height.sum(), at, create_graph=True)[0]
    apart = (height - height.T) - (x[:, 0][:, None] - x[:, 0])
    return apart.square().mean() + slope.square().mean() / 100


ROWS: dict[str, LossOf] = {
    "a row": lambda model, x: slopes(model, x, wanted=lambda x: 3 * torch.cos(3 * x[:, 0])),
    "a column": lambda model, x: slopes(model, x, wanted=lambda x: 3 * torch.cos(3 * x[:, :1])),
    "all with all": all_with_all,
}


@pytest.mark.parametrize("name", ROWS)
def test_slopes_as_a_column_that_are_compared_with_a_row_are_found(name: str) -> None:
    case = seen(Height, ROWS[name])
    assert case.loss is None
    assert case.loss_of is not None
    reading = PROBES["broadcast-loss"](case)
    assert reading.found == (name == "a row"), reading
    if reading.found:
        mend = PROBES["broadcast-loss"].mend(case)  # type: ignore[misc]
        assert mend is not None
        assert helps(trial_of(case, mend))


class Layers(nn.Module):
    """A body that waits, and a head."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.head = nn.Sequential(nn.Linear(WIDTH, 24), nn.Tanh()), nn.Linear(24, 1)
        self.body.requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(x)).squeeze(1)


def products(model: nn.Module, x: Tensor) -> Tensor:
    return F.mse_loss(model(x), 2 * x[:, 0] * x[:, 1])


def unfrozen(model: Any, optimizer: torch.optim.Optimizer) -> None:
    model.body.requires_grad_(True)
    optimizer.add_param_group({"params": [*model.body.parameters()], "lr": 0.01})


def unfrozen_and_forgotten(model: Any, optimizer: torch.optim.Optimizer) -> None:
    model.body.requires_grad_(True)


@pytest.mark.parametrize("thaws", [None, unfrozen, unfrozen_and_forgotten])
def test_layers_that_are_unfrozen_later_are_not_left_out(thaws: Any) -> None:
    case = seen(Layers, products, lr=0.05, params=lambda net: net.head.parameters(), thaws=thaws)
    reading = PROBES["parameters-not-optimized"](case)
    assert reading.found == (thaws is not unfrozen), reading


class Squeezed(nn.Module):
    """Numbers from 0 to 1, and the code of which they are made, as two outputs."""

    def __init__(self, *, inner: bool) -> None:
        super().__init__()
        self.first, self.last, self.inner = nn.Linear(WIDTH, 8), nn.Linear(8, WIDTH), inner
        if inner:
            nn.init.normal_(self.first.weight, std=30.0)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        code = torch.sigmoid(self.first(x)) if self.inner else self.first(x)
        return torch.sigmoid(self.last(code)), code


def copied(model: nn.Module, x: Tensor) -> Tensor:
    made, code = model(x)
    return F.binary_cross_entropy(made, (x > 0).float()) + 0.001 * code.square().mean()


def test_an_activation_at_the_end_of_one_of_several_outputs_may_be_saturated() -> None:
    case = seen(lambda: Squeezed(inner=False), copied)
    assert PROBES["saturated-activations"](case).outcome == "does not apply"
    case = seen(lambda: Squeezed(inner=True), copied)
    reading = PROBES["saturated-activations"](case)
    assert "no hidden" not in reading.sentence, reading
    assert "of the worst layer" in reading.sentence, reading


class Following(nn.Module):
    """What comes next, by one table of words for what is read and what is said."""

    def __init__(self, std: float, words: int = 40, width: int = 32) -> None:
        super().__init__()
        self.table, self.mix = nn.Embedding(words, width), nn.Linear(width, width, bias=False)
        nn.init.normal_(self.table.weight, std=std)
        self.norm = nn.LayerNorm(width)

    def forward(self, ids: Tensor) -> Tensor:
        states = self.table(ids)
        return self.norm(states + self.mix(states)) @ self.table.weight.T


def next_words(model: nn.Module, ids: Tensor) -> Tensor:
    return F.cross_entropy(model(ids[:, :-1]).flatten(0, 1), ids[:, 1:].flatten())


def words() -> Tensor:
    return (torch.randint(0, 40, (N, 1)) + 3 * torch.arange(9)) % 40


@pytest.mark.parametrize(("std", "found"), [(1.2, True), (0.15, False)])
def test_a_table_that_is_also_the_head_and_is_of_unit_width_is_found(std: float, found: bool) -> None:
    case = seen(lambda: Following(std), next_words, lr=0.004, draw=words)
    reading = PROBES["bad-init-scale"](case)
    assert reading.found == found, reading


class Tagger(nn.Module):
    """A tag for each word; the tables say what a word is, and a look at both sides where it stands."""

    def __init__(self, tags: int = 3) -> None:
        super().__init__()
        self.words, self.tags = nn.Embedding(40, 12), nn.Conv1d(12, tags, 3, padding=1)

    def forward(self, ids: Tensor) -> Tensor:
        return self.tags(self.words(ids).transpose(1, 2))


def rare_names(ids: Tensor) -> Tensor:
    """Words from 36 on are names if the next one is a common one; a tag for each of two kinds."""
    name = (ids >= 36) & (ids.roll(-1, 1) < 12)
    return torch.where(name, 1 + ids % 2, 0)


def kinds_of_words(ids: Tensor) -> Tensor:
    """Three tags, the rarest of a word in twenty."""
    return (ids >= 20).long() + (ids >= 38).long()


@pytest.mark.parametrize(
    ("tags_of", "weights", "found"),
    [(rare_names, None, True), (rare_names, (1.0, 60.0, 60.0), False), (kinds_of_words, None, False)],
)
def test_tags_of_places_that_are_too_rare_to_be_named_are_found(
    tags_of: Callable[[Tensor], Tensor], weights: Any, found: bool
) -> None:
    weight = None if weights is None else torch.tensor(weights)

    def loss_of(model: nn.Module, ids: Tensor) -> Tensor:
        return F.cross_entropy(model(ids), tags_of(ids), weight=weight)

    case = seen(Tagger, loss_of, lr=0.01, draw=lambda: torch.randint(0, 40, (N, 12)))
    reading = PROBES["class-imbalance"](case)
    assert reading.found == found, reading
    if found:
        mend = PROBES["class-imbalance"].mend(case)  # type: ignore[misc]
        assert mend is not None
        assert helps(trial_of(case, mend))
