"""A model is not too small where a wide net beside it only learns its few examples by heart."""

from __future__ import annotations

import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES


class Narrow(nn.Module):
    """One straight line through all of its inputs."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.sums = nn.Linear(inputs, 1)
        self.last = nn.Linear(1, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(torch.tanh(self.sums(x)))


def trained(x: Tensor, y: Tensor) -> Case:
    net = Narrow(x.shape[1])
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
    with watch(net, optimizer, loss_fn=F.cross_entropy) as watching:
        for _ in range(20):
            for rows in torch.arange(len(x)).split(40):
                optimizer.zero_grad()
                loss = F.cross_entropy(net(x[rows]), y[rows])
                loss.backward()
                optimizer.step()
                watching.step(loss)
    return watching.case()


def test_coins_learned_by_heart_by_a_wide_net_say_nothing_of_the_model() -> None:
    with seeded(4):
        case = trained(torch.randn(200, 25), torch.randint(2, (200,)))
    reading = PROBES["capacity-too-small"](case)
    assert not reading.found
    assert "neither was trained on" in reading.sentence


def test_a_ring_is_too_much_for_a_straight_line() -> None:
    with seeded(4):
        x = torch.randn(400, 3)
        case = trained(3 * x, (x.norm(dim=1) > 1.5).long())
    assert PROBES["capacity-too-small"](case).found
