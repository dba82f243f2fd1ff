"""Tensors that a model keeps in a list are weights that ``parameters()`` does not know; what is in the optimiser is."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from foreign import seeded
from torch import Tensor, nn

from lossbook.diagnosis import watch
from lossbook.probes import PROBES

WAYS = {"a list": True, "a dict": True, "a list that is given to the optimiser": False, "a list without slopes": False}


class Scent(nn.Module):
    def __init__(self, way: str) -> None:
        super().__init__()
        one, two = torch.randn(5, 16) / 2, torch.randn(16, 16) / 4
        if way != "a list without slopes":
            one, two = one.requires_grad_(), two.requires_grad_()
        self.mixed: list[Tensor] | dict[str, Tensor] = {"one": one, "two": two} if way == "a dict" else [one, two]
        self.out = nn.Linear(16, 1)

    def weights(self) -> list[Tensor]:
        return [*self.mixed.values()] if isinstance(self.mixed, dict) else self.mixed

    def forward(self, x: Tensor) -> Tensor:
        for weight in self.weights():
            x = torch.tanh(x @ weight)
        return self.out(x)


@pytest.mark.parametrize("way", WAYS)
def test_weights_in_a_list_are_hidden(way: str) -> None:
    with seeded(0):
        x, model = torch.randn(200, 5), Scent(way)
        y = torch.sin(x[:, :1] * 2) + x[:, 1:2] * x[:, 2:3]
        more = model.weights() if "optimiser" in way else []
        optimizer = torch.optim.Adam([*model.parameters(), *more], lr=1e-2)
        with watch(model, optimizer) as watching:
            for rows in (rows for _ in range(4) for rows in torch.randperm(200).split(20)):
                optimizer.zero_grad()
                loss = F.mse_loss(model(x[rows]), y[rows])
                loss.backward()
                optimizer.step()
                watching.step(loss)
    reading = PROBES["unregistered-layers"](watching.case())
    assert reading.found is WAYS[way], reading
