"""Dense networks."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from lossbook import checks


@dataclass(frozen=True)
class MLP:
    """A stack of dense layers with ReLU between them, over the flattened input.

    Args:
        sizes: neurons per layer, the input's and the output's among them. Two numbers make a linear model.

    Input (N, ...) with ``sizes[0]`` values per example, output (N, ``sizes[-1]``).

    >>> MLP(sizes=(784, 10)).build()
    Sequential(
      (0): Flatten(start_dim=1, end_dim=-1)
      (1): Linear(in_features=784, out_features=10, bias=True)
    )
    """

    sizes: tuple[int, ...] = (784, 32, 10)

    def __post_init__(self) -> None:
        if not isinstance(self.sizes, tuple) or len(self.sizes) < 2:
            raise ValueError(f"sizes must be a tuple of at least two numbers, input and output, got {self.sizes!r}.")
        for index, size in enumerate(self.sizes):
            checks.whole_number(f"sizes[{index}]", size, 1)

    def build(self) -> nn.Sequential:
        """A net with fresh weights, drawn from torch's current random state."""
        layers: list[nn.Module] = [nn.Flatten()]
        for fan_in, fan_out in zip(self.sizes, self.sizes[1:], strict=False):
            layers += [nn.Linear(fan_in, fan_out), nn.ReLU()]
        return nn.Sequential(*layers[:-1])  # no ReLU on the output
