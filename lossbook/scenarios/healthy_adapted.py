"""Healthy runs in which some weights stand still or move slowly, on purpose."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from lossbook.data import Digits
from lossbook.models import MLP
from lossbook.optim import Adam
from lossbook.optim.groups import Groups
from lossbook.scenarios.base import Scenario
from lossbook.scenarios.bases import NET
from lossbook.scenarios.healthy import CONVOLUTION, Pretrained
from lossbook.scenarios.representation import trained_weights


@dataclass(frozen=True)
class Turned:
    """Digits that lie on their side, (N, 1, 28, 28), with pixels from -1 to 1."""

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(np.rot90(x, axes=(2, 3))) * 2 - 1


class LowRank(nn.Module):
    """A frozen dense layer, and beside it a product of two thin matrices, of which the second begins with zeros."""

    def __init__(self, layer: nn.Linear, rank: int) -> None:
        super().__init__()
        self.layer = layer.requires_grad_(False)
        self.down = nn.Parameter(torch.randn(rank, layer.in_features) / math.sqrt(layer.in_features))
        self.up = nn.Parameter(torch.zeros(layer.out_features, rank))

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x) + x @ self.down.T @ self.up.T


@dataclass(frozen=True)
class WithAdapters:
    """A net that was trained on other digits; only what :class:`LowRank` adds to its dense layers is trained."""

    net: MLP = MLP(sizes=(784, 64, 10))
    rank: int = 8

    def build(self) -> nn.Module:
        model = self.net.build()
        model.load_state_dict(trained_weights(self.net, 150))
        layers = (LowRank(part, self.rank) if isinstance(part, nn.Linear) else part for part in model)
        return nn.Sequential(*layers)


@dataclass(frozen=True)
class NewHead(Pretrained):
    """The convolution that was trained on other digits, and perhaps stays as it is; and a new last layer."""

    frozen: bool = False
    features: int = 512  #: that the convolution gives

    def build(self) -> nn.Module:
        convolution, *between, _ = super().build().children()
        return nn.Sequential(convolution.requires_grad_(not self.frozen), *between, nn.Linear(self.features, 10))


ROWS = (
    Scenario(
        key="healthy-low-rank-adapters",
        title="The net itself is frozen, and a few new weights beside it learn what has changed.",
        cause=None,
        symptom="healthy",
        broken=replace(
            NET,
            data=Digits(train_size=4000, train_transform=Turned(), val_transform=Turned()),
            model=WithAdapters(),
            optimizer=Adam(lr=0.005),
        ),
    ),
    Scenario(
        key="healthy-frozen-body",
        title="The convolution has learned from other digits and is frozen; the last layer is new.",
        cause=None,
        symptom="healthy",
        broken=replace(CONVOLUTION, model=NewHead(frozen=True)),
    ),
    Scenario(
        key="healthy-slower-body",
        title="The layer that was trained before moves at a tenth of the rate of the new one.",
        cause=None,
        symptom="healthy",
        broken=replace(
            CONVOLUTION, model=NewHead(), optimizer=Groups(Adam(lr=0.003), others=(("0.*", Adam(lr=0.0003)),))
        ),
    ),
)
