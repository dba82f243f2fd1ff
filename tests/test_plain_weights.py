"""A weight that is a plain tensor, in a program of another kind than the one that showed it."""

from __future__ import annotations

import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES


class Waves(nn.Module):
    """A filter for signals, and a layer; it keeps the last signal, from which slopes may be wanted."""

    def __init__(self, filters: Tensor) -> None:
        super().__init__()
        self.filters, self.out, self.last = filters, nn.Linear(4, 1), torch.zeros(1)

    def forward(self, x: Tensor) -> Tensor:
        self.last = x.detach().requires_grad_()
        return self.out(F.conv1d(self.last, self.filters).relu().mean(-1))


def trained(filters: Tensor) -> Case:
    with seeded(0):
        model, x = Waves(filters), torch.randn(96, 1, 20)
        y, optimizer = x.square().mean((1, 2))[:, None], torch.optim.SGD(model.parameters(), lr=0.05)
        with watch(model, optimizer, loss_fn=nn.MSELoss()) as watching:
            for rows in torch.arange(96).split(8):
                optimizer.zero_grad()
                F.mse_loss(model(x[rows]), y[rows]).backward()
                optimizer.step()
        return watching.case()


def test_a_plain_tensor_that_wants_gradients_is_a_weight_that_nobody_trains() -> None:
    with seeded(1):
        drawn = torch.randn(4, 1, 3)
    probe = PROBES["unregistered-layers"]
    reading = probe(trained(drawn.clone().requires_grad_()))
    assert reading.found
    assert reading.measured == 1
    assert not probe(trained(nn.Parameter(drawn.clone()))).found
    assert not probe(trained(drawn.clone())).found  # fixed on purpose
