"""A log-likelihood that is minimised, as people write one; and losses below 0 that are none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES

N = 24
Line = Callable[[Any, Tensor], Tensor]


def trained(model: nn.Module, line: Line, steps: int = 30) -> Case:
    """``line`` gives the loss of a model and a batch."""
    with seeded(0):
        optimizer = torch.optim.Adam(model.parameters(), 3e-3)
        with watch(model, optimizer) as watching:
            for _ in range(steps):
                optimizer.zero_grad()
                loss = line(model, torch.randn(N, 6))
                loss.backward()
                optimizer.step()
                watching.step(loss)
    return watching.case()


def net(outputs: int) -> nn.Module:
    with seeded(0):
        return nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Linear(16, outputs))


class Twins(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.other = net(8), net(8)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.one(x), self.other(x + 0.1)


def partners(sign: float, *, of_unit_length: bool) -> Line:
    def line(model: nn.Module, x: Tensor) -> Tensor:
        a, b = model(x)
        if of_unit_length:
            a, b = F.normalize(a, dim=1), F.normalize(b, dim=1)
        return sign * (a @ b.T).log_softmax(1).diagonal().mean()

    return line


def views(sign: float) -> Line:
    """Both views of all examples among one another, as in SimCLR: 2 N - 1 others."""

    def line(model: nn.Module, x: Tensor) -> Tensor:
        z = F.normalize(torch.cat([model(x), model(x + 0.1)]), dim=1)
        scores = (z @ z.T / 0.5).masked_fill(torch.eye(2 * N, dtype=torch.bool), -1e9)
        return -sign * F.cross_entropy(scores, torch.arange(2 * N).roll(N))

    return line


def hazards(sign: float) -> Line:
    """The partial likelihood of who fails first, in the order of a column."""

    def line(model: nn.Module, x: Tensor) -> Tensor:
        risk = model(x[x[:, 0].argsort(descending=True)])[:, 0]
        return sign * (risk - risk.logcumsumexp(0)).mean()

    return line


KINDS: dict[str, tuple[Callable[[], nn.Module], Callable[[float], Line]]] = {
    "partners": (Twins, lambda sign: partners(sign, of_unit_length=False)),
    "directions": (Twins, lambda sign: partners(sign, of_unit_length=True)),
    "views": (lambda: net(8), views),
    "hazards": (lambda: net(1), hazards),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_log_likelihood_is_found_and_its_negative_is_not(kind: str) -> None:
    model, line = KINDS[kind]
    for sign, found in ((1.0, True), (-1.0, False)):
        reading = PROBES["loss-sign-flipped"](trained(model(), line(sign)))
        assert reading.found == found, reading


def density(model: nn.Module, x: Tensor) -> Tensor:
    """Of targets that vary little: densities above 1, whose negative logarithm is below 0."""
    mean, log_scale = model(x).chunk(2, 1)
    return -torch.distributions.Normal(mean, (log_scale - 3).exp()).log_prob(0.03 * x[:, :1]).mean()


def rewarded(model: nn.Module, x: Tensor) -> Tensor:
    chosen = torch.distributions.Categorical(logits=model(x))
    action = chosen.sample()
    return -(chosen.log_prob(action) * (-1.0 - (action == 0).float())).mean()


def critic(model: nn.Module, x: Tensor) -> Tensor:
    return model(x - 1).mean() - model(x + 1).mean()


def likeness(model: nn.Module, x: Tensor) -> Tensor:
    return -F.cosine_similarity(model(x), x[:, :2]).mean()


def spread(model: nn.Module, x: Tensor) -> Tensor:
    """Minus the entropy of a choice, which explores."""
    p = model(x).softmax(1)
    return (p * p.log()).sum(1).mean()


@pytest.mark.parametrize("line", [density, rewarded, critic, likeness, spread])
def test_losses_below_0_that_are_no_likelihood(line: Line) -> None:
    reading = PROBES["loss-sign-flipped"](trained(net(2), line))
    assert not reading.found, reading
