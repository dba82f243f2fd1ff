"""Losses of torch's that are given what they do not want, and the same losses given what they want."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES, helps, trial_of

Loss = Callable[[nn.Module, Tensor, Tensor], Tensor]
KINDS = 5


def watched(model: nn.Module, loss: Loss, batches: list[tuple[Tensor, Tensor]], loss_fn: Any = None) -> Case:
    """One pass over the batches."""
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    with watch(model, optimizer, loss_fn=loss_fn) as watching:
        for x, y in batches:
            optimizer.zero_grad()
            value = loss(model, x, y)
            value.backward()
            optimizer.step()
            watching.step(value)
    return watching.case()


def in_batches(x: Tensor, y: Tensor) -> list[tuple[Tensor, Tensor]]:
    return list(zip(x.split(25), y.split(25), strict=True))


def of_wines(*, wide: int, labels: Callable[[Tensor], Tensor], loss: Loss, loss_fn: Any = None) -> Case:
    """Measurements of wines in batches of 25, whose kind follows from them."""
    with seeded(5):
        x, way = torch.randn(1000, 7), torch.randn(7, KINDS)
        y = labels(x @ way)
        net = nn.Sequential(nn.Linear(7, 32), nn.Tanh(), nn.Linear(32, wide))
        return watched(net, loss, in_batches(x, y), loss_fn)


def shares(scores: Tensor) -> Tensor:
    return (2 * scores).softmax(1)


def divergence(given: Callable[[Tensor], Tensor], **more: Any) -> Loss:
    return lambda net, x, y: F.kl_div(given(net(x)), y, reduction="batchmean", **more)


def test_kl_div_of_logits_gets_no_logarithms_and_log_softmax_mends_it() -> None:
    case = of_wines(wide=KINDS, labels=shares, loss=divergence(lambda out: out))
    assert PROBES["probabilities-into-nll"](case).found
    mend = PROBES["probabilities-into-nll"].mend
    assert mend is not None
    assert helps(trial_of(case, mend(case)))


@pytest.mark.parametrize("log_target", [False, True])
def test_kl_div_of_logarithms_is_sound_and_they_may_end_at_0(log_target: bool) -> None:
    def labels(scores: Tensor) -> Tensor:
        return shares(scores).log() if log_target else shares(scores)

    case = of_wines(wide=KINDS, labels=labels, loss=divergence(lambda out: out.log_softmax(1), log_target=log_target))
    causes = ("probabilities-into-nll", "wrong-loss", "output-activation-mismatch")
    assert not any(PROBES[cause](case).found for cause in causes)


def test_a_net_that_ends_with_log_softmax_reaches_all_that_kl_div_wants() -> None:
    with seeded(5):
        x = torch.randn(1000, 7)
        y = shares(x @ torch.randn(7, KINDS))
        net = nn.Sequential(nn.Linear(7, 32), nn.Tanh(), nn.Linear(32, KINDS), nn.LogSoftmax(1))
        case = watched(net, divergence(lambda out: out), in_batches(x, y))
    assert not PROBES["output-activation-mismatch"](case).found


def test_kl_div_with_its_arguments_exchanged() -> None:
    def loss(out: Tensor, y: Tensor) -> Tensor:
        return F.kl_div(y.log(), out.log_softmax(1), reduction="batchmean")

    case = of_wines(wide=KINDS, labels=shares, loss=lambda net, x, y: loss(net(x), y), loss_fn=loss)
    assert PROBES["wrong-loss"](case).found


def pairs(*, of_minus_one: bool) -> Case:
    """Two views of a wine, or of two wines, are given to one net."""

    def loss(net: nn.Module, x: Tensor, y: Tensor) -> Tensor:
        return F.cosine_embedding_loss(net(x), net(x + y[:, None] * 0.1 + (1 - y[:, None]) * x.roll(1, 0)), signed(y))

    def signed(y: Tensor) -> Tensor:
        return 2 * y - 1 if of_minus_one else y

    return of_wines(wide=4, labels=lambda scores: (scores[:, 0] > 0).float(), loss=loss)


def test_cosine_embedding_with_labels_of_0_and_1() -> None:
    assert PROBES["wrong-loss"](pairs(of_minus_one=False)).found
    assert not PROBES["wrong-loss"](pairs(of_minus_one=True)).found


def test_rows_that_cosine_embedding_shall_leave_out_may_have_a_label_of_0() -> None:
    case = of_wines(
        wide=4,
        labels=lambda scores: scores[:, :4],
        loss=lambda net, x, y: F.cosine_embedding_loss(net(x), y, (x[:, 0] > 0).float()),
    )
    assert not PROBES["wrong-loss"](case).found


def spoken(blank: int) -> Case:
    """Each of four letters is said for three moments; their numbers go from 1 on."""
    with seeded(1):
        y = torch.randint(1, 6, (160, 4))
        x = F.one_hot(y.repeat_interleave(3, 1), 6).float() + 0.3 * torch.randn(160, 12, 6)
        y[:, 3] = torch.where(torch.rand(160) < 0.5, y[:, 3], 0)  # filled up
        lengths = (y > 0).sum(1)
        data = in_batches(x, torch.cat([y, lengths[:, None]], 1))
        net = nn.Sequential(nn.Linear(6, 32), nn.ReLU(), nn.Linear(32, 6))

        def loss(net: nn.Module, x: Tensor, y: Tensor) -> Tensor:
            steps = torch.full((len(y),), 12)
            return F.ctc_loss(net(x).log_softmax(-1).transpose(0, 1), y[:, :4], steps, y[:, 4], blank=blank)

        return watched(net, loss, data)


def test_a_blank_that_is_a_letter() -> None:
    assert PROBES["wrong-loss"](spoken(3)).found
    assert not PROBES["wrong-loss"](spoken(0)).found
