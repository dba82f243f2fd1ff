"""Copies do to their gradients what the loop did between the backward pass and the step, where the norms tell."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.evidence.case import Series
from lossbook.evidence.clipped import Multiplied, done_to_gradients
from lossbook.evidence.replay import as_it_is
from lossbook.optim import ClipByGlobalNorm
from lossbook.probes import PROBES

STEPS = 80
Change = Callable[[list[nn.Parameter]], object]


class Memory(nn.Module):
    """Reads a row of numbers, and tells their sum: its gradients are large."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn, self.head = nn.RNN(1, 16, batch_first=True, nonlinearity="relu"), nn.Linear(16, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.rnn(x)[0][:, -1])[:, 0]


def trained(change: Change, *, lr: float = 0.1, scale: float = 1.0) -> Case:
    with seeded(0):
        net = Memory()
        optimizer = torch.optim.SGD(net.parameters(), lr=lr, momentum=0.9)
        with watch(net, optimizer, loss_fn=F.mse_loss) as watching:
            for x in torch.randn(STEPS, 32, 12, 1):
                optimizer.zero_grad()
                loss = F.mse_loss(net(x), 3 * x.sum((1, 2)))
                (loss * scale).backward()
                change(list(net.parameters()))
                optimizer.step()
                watching.step(loss)
    return watching.case()


def by_norm(params: list[nn.Parameter]) -> None:
    nn.utils.clip_grad_norm_(params, 0.5)


def by_value(params: list[nn.Parameter]) -> None:
    nn.utils.clip_grad_value_(params, 0.5)


def far_too_much(params: list[nn.Parameter]) -> None:
    nn.utils.clip_grad_norm_(params, 1e-5)


def scaled_back(params: list[nn.Parameter]) -> None:
    for param in params:
        assert param.grad is not None
        param.grad.div_(256.0)


def nothing(params: list[nn.Parameter]) -> None:
    pass


def test_what_is_clipped_by_its_norm_is_repeated() -> None:
    case = trained(by_norm)
    assert isinstance(case.clipping, ClipByGlobalNorm)
    assert case.clipping.max_norm == pytest.approx(0.5, rel=1e-5)
    assert len(case.batches) == 40
    assert as_it_is(case, 40).tolist() == pytest.approx(list(case.log.loss.values[:40]), rel=1e-3)


def test_a_scale_that_the_loop_takes_back_is_repeated() -> None:
    case = trained(scaled_back, lr=0.001, scale=256.0)
    assert isinstance(case.clipping, Multiplied)
    assert case.clipping.factor == pytest.approx(1 / 256, rel=1e-5)
    losses = as_it_is(case, 40)
    assert (losses / losses[0]).tolist() == pytest.approx(
        [loss / case.log.loss.values[0] for loss in case.log.loss.values[:40]], rel=1e-3
    )


@pytest.mark.parametrize("change", [by_value, nothing])
def test_nothing_is_made_up(change: Change) -> None:
    assert trained(change, lr=0.001).clipping is None


def test_a_part_that_is_clipped_is_not_taken_for_the_whole() -> None:
    norms = Series.of([4.0, 3.0, 2.0, 1.5])
    assert done_to_gradients(norms, Series.of([1.8, 1.0, 1.2, 1.5])) is None
    assert done_to_gradients(norms, Series.of([1.0, 1.0, 1.0, 1.5])) is None
    assert done_to_gradients(norms, norms) is None
    assert done_to_gradients(Series(), norms) is None


@pytest.mark.parametrize(("change", "found"), [(far_too_much, True), (by_norm, False)])
def test_a_rate_is_too_low_where_clipping_leaves_nothing(change: Change, found: bool) -> None:
    reading = PROBES["lr-too-low"](trained(change))
    assert reading.found == found, str(reading)
