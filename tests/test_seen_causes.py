"""What a watch sees of a loop that no copy could show, and tests of it; beside each, the same loop as it should be."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.distributions import Normal
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.evidence.domains import undefined_in
from lossbook.probes import PROBES

N, WIDTH, STEPS, K, PLACES = 16, 6, 30, 8, 24
Term = Callable[[Tensor], Tensor]


def sixth_step(term: Term, *, repaired: bool = False) -> Case:
    """A loop that adds something to its loss, made of ones or, at the sixth step, of zeros."""
    with seeded(0):
        model = nn.Linear(WIDTH, 1)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        with watch(model, optimizer, max_batches=0) as watching:  # nothing is kept
            for step in range(STEPS):
                output = torch.cat([model(each) for each in torch.randn(5, N, WIDTH)])
                given = torch.full((3,), 0.0 if step == 5 and not repaired else 1.0)
                loss = output.square().mean() + term(given).sum()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                watching.step(loss)
    return watching.case()


def nothing_left(kept: Tensor) -> Tensor:
    return kept[kept > 0].mean()


UNDEFINED: dict[str, tuple[str, Term]] = {
    "quotient": ("undefined-operation", lambda kept: kept / kept.sum()),
    "advantage": ("undefined-operation", lambda kept: (kept - kept.mean() + kept) / kept.square().mean().sqrt()),
    "mean of nothing": ("undefined-operation", nothing_left),
    "softmax of nothing": ("undefined-operation", lambda kept: F.softmax(kept.log(), dim=0)),
    "logarithm": ("log-of-zero", lambda kept: -torch.log(kept)),
}


@pytest.mark.parametrize("name", ["quotient", "advantage", "mean of nothing", "logarithm"])
def test_an_operation_between_output_and_loss_that_has_no_value_is_named_though_nothing_can_be_replayed(
    name: str,
) -> None:
    cause, term = UNDEFINED[name]
    case = sixth_step(term)
    assert case.loss_of is None
    reading = PROBES[cause](case)
    assert reading.found, reading
    assert reading.certain
    assert "at step 5" in reading.sentence
    other = {"undefined-operation": "log-of-zero", "log-of-zero": "undefined-operation"}[cause]
    assert not PROBES[other](case).found
    assert not PROBES[cause](sixth_step(term, repaired=True)).found


def test_a_value_that_is_not_finite_and_not_used_accuses_nothing() -> None:
    case = sixth_step(lambda kept: torch.where(kept > 0, torch.log(kept), torch.zeros(3)))
    assert case.seen.first_bad is None
    assert not PROBES["log-of-zero"](case).found


def test_a_loss_that_grew_too_large_names_no_operation() -> None:
    case = sixth_step(lambda kept: torch.exp(1000 * (2 - kept)))
    assert case.seen.first_bad is not None
    assert case.seen.first_bad.operation is None


def test_a_quotient_of_numbers_is_looked_at_from_both_sides() -> None:
    zero = torch.zeros(2)
    assert undefined_in(Tensor.__rtruediv__, (zero, 1.0), {}, 1.0 / zero) is not None
    assert undefined_in(Tensor.__truediv__, (zero, 1.0), {}, zero / 1.0) is None


class Forecast(nn.Module):
    """A normal distribution for each example."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Linear(WIDTH, 2)

    def forward(self, x: Tensor) -> Normal:
        mean, width = self.body(x).chunk(2, dim=1)
        return Normal(mean, F.softplus(width) + 0.1)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_likelihood_that_is_made_small_is_found(sign: float) -> None:
    with seeded(0):
        model = Forecast()
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)

        def loss_fn(forecast: Normal, y: Tensor) -> Tensor:
            return sign * forecast.log_prob(y).mean()

        with watch(model, optimizer, loss_fn=loss_fn) as watching:
            for x in torch.randn(STEPS, N, WIDTH):
                y = x[:, :1].clone()
                optimizer.zero_grad()
                loss_fn(model(x), y).backward()
                optimizer.step()
    reading = PROBES["loss-sign-flipped"](watching.case())
    assert reading.outcome == ("found" if sign > 0 else "not found"), reading


def test_where_few_answers_count_most_and_share_a_bias_with_the_others_no_sign_is_accused() -> None:
    """A rare yes of a focal loss lifts all outputs, also those of no: these move away from their answers."""
    with seeded(0):
        model = nn.Sequential(nn.Linear(WIDTH, 8), nn.ReLU(), nn.Linear(8, 50))
        nn.init.constant_(model[2].bias, -4.6)
        nn.init.constant_(model[0].bias, -4.6)  # dead: nothing but the last bias learns
        optimizer = torch.optim.Adam(model.parameters(), lr=0.004)

        def focal(logits: Tensor, y: Tensor) -> Tensor:
            each = F.binary_cross_entropy_with_logits(logits, y, reduction="none")
            return ((1 - (-each).exp()) ** 2 * each).sum() / y.sum()

        with watch(model, optimizer, loss_fn=focal) as watching:
            for x in torch.randn(STEPS, N, WIDTH):
                optimizer.zero_grad()
                focal(model(x), F.one_hot(torch.randint(0, 50, (N,)), 50).float()).backward()
                optimizer.step()
    reading = PROBES["loss-sign-flipped"](watching.case())
    assert not reading.found, reading


class Writer(nn.Module):
    """What comes next at each place."""

    def __init__(self, *, both_ways: bool) -> None:
        super().__init__()
        self.embedding, self.gru = nn.Embedding(K, 16), nn.GRU(16, 32, batch_first=True, bidirectional=both_ways)
        self.head = nn.Linear(64 if both_ways else 32, K)

    def forward(self, ids: Tensor) -> Tensor:
        return self.head(self.gru(self.embedding(ids))[0])


def cut_before(model: nn.Module, ids: Tensor) -> Tensor:
    x, y = ids[:, :-1], ids[:, 1:]
    return F.cross_entropy(model(x).flatten(0, 1), y.flatten())


def cut_in_the_line(model: nn.Module, ids: Tensor) -> Tensor:
    return F.cross_entropy(model(ids[:, :-1]).flatten(0, 1), ids[:, 1:].flatten())


@pytest.mark.parametrize("loss_of", [cut_before, cut_in_the_line])
@pytest.mark.parametrize("both_ways", [True, False])
def test_a_language_model_that_sees_the_next_token_leaks_long_before_its_loss_is_nothing(
    both_ways: bool, loss_of: Callable[[nn.Module, Tensor], Tensor]
) -> None:
    with seeded(0):
        model = Writer(both_ways=both_ways)
        optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
        with watch(model, optimizer) as watching:
            for _ in range(4 * STEPS):
                loss = loss_of(model, torch.randint(0, K, (N, PLACES + 1)))
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
    reading = PROBES["target-leak"](watching.case())  # the last place sees nothing, and its loss stays
    assert reading.found is both_ways, reading


@pytest.mark.parametrize(("rows", "held"), [(48, 200), (800, 200), (48, 40)])
def test_fewer_examples_than_are_held_out_and_learnt_by_heart_are_found(rows: int, held: int) -> None:
    with seeded(0):
        x = torch.randn(rows + held, WIDTH)
        y = torch.sin(2 * x[:, :1]) * x[:, 1:2] + x[:, 2:3].abs()
        model = nn.Sequential(nn.Linear(WIDTH, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
        optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
        with watch(model, optimizer, loss_fn=F.mse_loss) as watching:
            for _ in range(400 * N // rows):
                for part in torch.randperm(rows).split(N):
                    optimizer.zero_grad()
                    F.mse_loss(model(x[part]), y[part]).backward()
                    optimizer.step()
                with torch.no_grad():
                    F.mse_loss(model(x[rows:]), y[rows:])
    reading = PROBES["overfitting"](watching.case())
    assert reading.found is (rows < held), reading


@pytest.mark.parametrize(("every", "found"), [(10, True), (29, False)])
def test_weights_that_are_set_back_again_and_again_are_seen(every: int, found: bool) -> None:
    """Once can be meant, as after a search for the learning rate."""
    with seeded(0):
        model = nn.Linear(WIDTH, 1)
        first = copy.deepcopy(model.state_dict())
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        with watch(model, optimizer) as watching:
            for step in range(STEPS):
                x = torch.randn(N, WIDTH)
                if step and step % every == 0:
                    model.load_state_dict(first)
                loss = F.mse_loss(model(x), x[:, :1])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
    case = watching.case()
    assert case.seen.set_back == tuple(range(every, STEPS, every))
    assert PROBES["state-reset"](case).found is found
