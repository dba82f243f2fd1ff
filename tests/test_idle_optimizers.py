"""Optimisers that step in vain, and those that hold the wrong net."""

from __future__ import annotations

from itertools import chain

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES

N, STEPS = 32, 40


class Quoted(nn.Module):
    """A reader whose text is read by one net, and answered by another; the loop calls each."""

    def __init__(self) -> None:
        super().__init__()
        self.sender = nn.Sequential(nn.Linear(6, 24), nn.Tanh(), nn.Linear(24, 3))
        self.receiver = nn.Sequential(nn.Linear(3, 24), nn.Tanh(), nn.Linear(24, 6))
        self.spare = nn.Linear(6, 3)


def game(*, cut: bool, spare: bool = False) -> Case:
    """A sender and a receiver in turn; ``spare`` has an optimiser and is never called."""
    with seeded(0):
        nets = Quoted()
        held = nets.spare if spare else nets.sender
        first, second = (torch.optim.Adam(net.parameters(), lr=1e-2) for net in (held, nets.receiver))
        with watch(nets, (first, second)) as watching:
            for _ in range(STEPS):
                x = torch.randn(N, 6)
                for optimizer in (second, first):
                    message = nets.sender(x)
                    if optimizer is second or cut:
                        message = message.detach()
                    optimizer.zero_grad()
                    F.mse_loss(nets.receiver(message), x).backward()
                    optimizer.step()
    return watching.case()


@pytest.mark.parametrize(("cut", "spare", "found"), [(True, False, True), (False, False, False), (False, True, False)])
def test_a_net_trained_in_turn_whose_optimizer_never_gets_a_gradient_is_found(
    cut: bool, spare: bool, found: bool
) -> None:
    case = game(cut=cut, spare=spare)
    assert not case.batches  # nothing can be tried
    reading = PROBES["graph-detached"](case)
    assert reading.found is found, reading
    assert bool(case.seen.idle) is found


class Features(nn.Module):
    """Features that are only read, and a head; both can be trained."""

    def __init__(self, *, cut: bool) -> None:
        super().__init__()
        self.body, self.head, self.cut = nn.Linear(6, 32), nn.Linear(32, 1), cut

    def forward(self, x: Tensor) -> Tensor:
        h = torch.relu(self.body(x))
        return self.head(h.detach() if self.cut else h)


@pytest.mark.parametrize(
    ("holds", "cut", "cause"),
    [("body", True, "parameters-not-optimized"), ("all", True, "graph-detached"), ("all", False, None)],
)
def test_an_optimizer_of_the_wrong_net_is_no_cut_graph(holds: str, cut: bool, cause: str | None) -> None:
    with seeded(0):
        model = Features(cut=cut)
        held = model.body.parameters() if holds == "body" else chain(*(part.parameters() for part in model.children()))
        optimizer = torch.optim.Adam(held, lr=1e-2)
        with watch(model, optimizer) as watching:
            for _ in range(STEPS):
                x = torch.randn(N, 6)
                optimizer.zero_grad()
                F.mse_loss(model(x), x[:, :1] * 3 + x[:, 1:2].abs()).backward()
                optimizer.step()
    case = watching.case()
    for key in ("parameters-not-optimized", "graph-detached"):
        reading = PROBES[key](case)
        assert reading.found is (key == cause), reading
