"""Scenarios of what a model makes of its inputs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from torch import Tensor, nn

from lossbook import checks
from lossbook.data import Digits, Split
from lossbook.scenarios.base import Scenario
from lossbook.scenarios.bases import NET

KEPT = ("known", "unknown")


@dataclass(frozen=True)
class PartlyKnown:
    """Digits of which some pixels are not known, (N, 2, 28, 28): each pixel, 0 if it is not known, and whether it is.

    Args:
        digits: with pixels in [0, 1].
        share: of the pixels that are not known.
    """

    digits: Digits = Digits(train_size=4000, train_transform=np.asarray, val_transform=np.asarray)
    share: float = 0.3

    def load(self) -> Split:
        split = self.digits.load()
        rng = np.random.default_rng(0)
        train_x, val_x = (
            np.concatenate([x * known, known], axis=1)
            for x in (split.train_x, split.val_x)
            for known in [(rng.random(x.shape) >= self.share).astype(x.dtype)]
        )
        return split._replace(train_x=train_x, val_x=val_x)


class Masked(nn.Module):
    """Gives a net the pixels on which its mask is 1."""

    def __init__(self, net: nn.Module, kept: str) -> None:
        super().__init__()
        self.net, self.kept = net, kept

    def forward(self, x: Tensor) -> Tensor:
        pixels, known = x[:, 0], x[:, 1]
        mask = known if self.kept == "known" else 1 - known
        return self.net(pixels * mask)


@dataclass(frozen=True)
class BehindMask:
    """A net behind a :class:`Masked`, which keeps the "known" pixels, or by mistake the "unknown" ones."""

    net: Any
    kept: str = "known"

    def __post_init__(self) -> None:
        checks.one_of("kept", self.kept, KEPT)

    def build(self) -> nn.Module:
        return Masked(self.net.build(), self.kept)


ROWS = (
    Scenario(
        key="mask-turned-round",
        title="The mask has the wrong sign: what is known is wiped out, and the net sees the same zeros everywhere.",
        cause="input-ignored",
        symptom="high-flat",
        broken=replace(NET, data=PartlyKnown(), model=BehindMask(NET.model, kept="unknown")),
        fix=("model.kept", "known"),
    ),
)
