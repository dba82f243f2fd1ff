"""A small convolutional network: two convolutions, one pooling, two dense layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lossbook import checks
from lossbook.models.base import check_initializer, redraw


class Net(nn.Module):
    """A small convolutional classifier for 28×28 grey images; its outputs are logits.

    Args:
        channels: number of kernels of the two convolutions.
        kernel_size: side of their kernels in pixels, 1 to 13.
        hidden: number of neurons of the dense layer.
        dropout: share of values dropped after the pooling and after the dense layer.
        classes: number of classes K.

    Input (N, 1, 28, 28), output (N, K).

    >>> sum(p.numel() for p in Net().parameters())
    1199882
    """

    def __init__(
        self,
        channels: tuple[int, int] = (32, 64),
        kernel_size: int = 3,
        hidden: int = 128,
        dropout: tuple[float, float] = (0.25, 0.5),
        classes: int = 10,
    ) -> None:
        super().__init__()
        side = (28 - 2 * (kernel_size - 1)) // 2  # two convolutions without padding, then a pooling by 2
        self.conv1 = nn.Conv2d(1, channels[0], kernel_size, 1)
        self.conv2 = nn.Conv2d(channels[0], channels[1], kernel_size, 1)
        self.dropout1 = nn.Dropout(dropout[0])
        self.fc1 = nn.Linear(channels[1] * side * side, hidden)
        self.dropout2 = nn.Dropout(dropout[1])
        self.fc2 = nn.Linear(hidden, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, K) of images (N, 1, 28, 28)."""
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        x = self.dropout1(F.max_pool2d(x, 2))
        x = F.relu(self.fc1(torch.flatten(x, 1)))
        return self.fc2(self.dropout2(x))


@dataclass(frozen=True)
class ConvNet:
    """:class:`Net` as a value: its knobs, without weights. ``build()`` draws the weights.

    Args:
        channels, kernel_size, hidden, dropout, classes: as in :class:`Net`.
        init: draws the weights, by ``sample(shape, rng)``; the biases are zero then. None for torch's own draw.

    >>> ConvNet(channels=(4, 8), hidden=16).build().fc2
    Linear(in_features=16, out_features=10, bias=True)
    """

    channels: tuple[int, int] = (32, 64)
    kernel_size: int = 3
    hidden: int = 128
    dropout: tuple[float, float] = (0.25, 0.5)
    classes: int = 10
    init: Any = None

    def __post_init__(self) -> None:
        checks.pair("channels", self.channels)
        checks.pair("dropout", self.dropout)
        for index in (0, 1):
            checks.whole_number(f"channels[{index}]", self.channels[index], 1)
            checks.in_interval(f"dropout[{index}]", self.dropout[index], "[0, 1)")
        checks.in_interval("kernel_size", self.kernel_size, "[1, 13]")
        checks.whole_number("kernel_size", self.kernel_size, 1)
        checks.whole_number("hidden", self.hidden, 1)
        checks.whole_number("classes", self.classes, 2)
        check_initializer("init", self.init)

    def build(self) -> Net:
        """A net with fresh weights, drawn from torch's current random state."""
        net = Net(self.channels, self.kernel_size, self.hidden, self.dropout, self.classes)
        redraw(net, self.init)
        return net
