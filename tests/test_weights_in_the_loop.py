"""Loops that use weights of the model besides its calls: copies repeat them; a penalty that is known stays one."""

from __future__ import annotations

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.evidence.replay import as_it_is
from lossbook.probes import PROBES

STEPS = 60


class Pairs(nn.Module):
    """Two towers, and how sharply their answers are compared."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.right = (nn.Sequential(nn.Linear(6, 32), nn.Tanh(), nn.Linear(32, 8)) for _ in range(2))
        self.log_scale = nn.Parameter(torch.tensor(1.0))

    def compared(self, a: Tensor, b: Tensor) -> Tensor:
        one, two = F.normalize(self.left(a), dim=1), F.normalize(self.right(b), dim=1)
        return self.log_scale.exp() * one @ two.T


class Ratings(nn.Module):
    """A vector for each guest, a net for the wines, and an offset."""

    def __init__(self) -> None:
        super().__init__()
        self.guests = nn.Parameter(0.1 * torch.randn(20, 8))
        self.wines = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 8))
        self.offset = nn.Parameter(torch.zeros(()))


class OneNumber(nn.Module):
    """Gets one example."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Linear(16, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x)[0]


def loss_of_pairs(net: Pairs) -> Tensor:
    a = torch.randn(32, 6)
    logits = net.compared(a, a.flip(1) + 0.1 * torch.randn(32, 6))
    return F.cross_entropy(logits, torch.arange(32))


def loss_of_ratings(net: Ratings) -> Tensor:
    guest, wine = torch.randint(20, (32,)), torch.randn(32, 4)
    taste = torch.sin(torch.arange(80.0)).reshape(20, 4)
    said = (net.guests[guest] * net.wines(wine)).sum(1) + net.offset
    return (said - (taste[guest] * wine).sum(1) - 1).square().mean()


def trained(kind: type[nn.Module], lr: float = 0.01) -> Case:
    with seeded(0):
        net = kind()
        optimizer = torch.optim.Adam(net.parameters(), lr=lr)
        with watch(net, optimizer) as watching:
            for _ in range(STEPS):
                loss = loss_of_pairs(net) if isinstance(net, Pairs) else loss_of_ratings(net)  # type: ignore[arg-type]
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                watching.step(loss)
    return watching.case()


@pytest.mark.parametrize("kind", [Pairs, Ratings])
def test_the_training_is_repeated(kind: type[nn.Module]) -> None:
    case = trained(kind)
    assert len(case.batches) >= 40
    assert as_it_is(case, 40).tolist() == pytest.approx(list(case.log.loss.values[:40]), rel=1e-3)


@pytest.mark.parametrize(("lr", "found"), [(0.01, False), (3.0, True)])
def test_a_rate_that_is_too_high_is_found(lr: float, found: bool) -> None:
    assert PROBES["lr-too-high"](trained(Pairs, lr)).found == found


def test_a_loss_that_is_added_up_of_single_numbers_is_repeated() -> None:
    with seeded(0):
        net = OneNumber()
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        with watch(net, optimizer, loss_fn=nn.MSELoss()) as watching:
            for step, x in enumerate(torch.randn(STEPS, 8, 6)):
                loss = torch.zeros(())
                for each in x[: 4 + step % 3]:
                    loss = loss + F.mse_loss(net(each), each.sum()) / 8
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                watching.step(loss)
    case = watching.case()
    assert as_it_is(case, 20).tolist() == pytest.approx(list(case.log.loss.values[:20]), rel=1e-3)


def test_a_penalty_by_hand_leaves_the_loss_of_output_and_target() -> None:
    with seeded(0):
        net = nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Linear(16, 1))
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        with watch(net, optimizer) as watching:
            for x in torch.randn(STEPS, 32, 6):
                optimizer.zero_grad()
                loss = F.mse_loss(net(x)[:, 0], x.sum(1))
                loss = loss + 0.01 * sum(param.square().sum() for param in net.parameters())
                loss.backward()
                optimizer.step()
                watching.step(loss)
    case = watching.case()
    assert case.loss is not None
    assert case.penalty is not None or case.seen.whole_loss is False
