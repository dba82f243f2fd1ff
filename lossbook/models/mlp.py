"""Dense networks."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from torch import Tensor, nn

from lossbook import checks
from lossbook.models.base import check_initializer, check_sizes, redraw

#: name -> the module after a hidden layer
ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "gelu": nn.GELU,
    "none": nn.Identity,
}
NORMS: dict[str, type[nn.Module]] = {"batch": nn.BatchNorm1d, "layer": nn.LayerNorm}


class Skip(nn.Sequential):
    """Layers with a path around them: x + layers(x)."""

    def forward(self, x: Tensor) -> Tensor:
        return x + super().forward(x)


@dataclass(frozen=True)
class MLP:
    r"""A stack of dense layers with an activation between them, over the flattened input.

    The rule, for the input :math:`h_0` and hidden layers :math:`l = 1, \dots, L-1` with the ``activation``
    :math:`\sigma` and the ``norm`` :math:`\nu`:
    :math:`h_l = \mathrm{dropout}(\sigma(\nu(W_l h_{l-1} + b_l)))`, and if ``residual``, :math:`h_{l-1}` is added from
    the second hidden layer on; the output is :math:`W_L h_{L-1} + b_L`.

    Args:
        sizes: neurons per layer, the input's and the output's among them. Two numbers make a linear model.
        activation: "relu", "leaky_relu", "tanh", "sigmoid", "gelu", or "none", which makes any depth a linear model.
        norm: None, "batch" (over the batch, per neuron) or "layer" (over the neurons, per example).
        residual: a path around each hidden layer but the first; needs two or more hidden layers, all of one size.
        dropout: share of values dropped after each activation, in [0, 1).
        bias: whether the dense layers have one.
        init: draws the weights, by ``sample(shape, rng)``; the biases are zero then. None for torch's own draw.

    Raises:
        ValueError: a value outside its range; ``residual`` without hidden layers of one size.
        TypeError: a value of another type.

    Input (N, ...) with ``sizes[0]`` values per example, output (N, ``sizes[-1]``).

    >>> MLP(sizes=(784, 10)).build()
    Sequential(
      (0): Flatten(start_dim=1, end_dim=-1)
      (1): Linear(in_features=784, out_features=10, bias=True)
    )

    Reference: He et al., Deep Residual Learning for Image Recognition (CVPR 2016), section 3.1, for ``residual``.
    """

    sizes: tuple[int, ...] = (784, 32, 10)
    activation: str = "relu"
    norm: str | None = None
    residual: bool = False
    dropout: float = 0.0
    bias: bool = True
    init: Any = None

    def __post_init__(self) -> None:
        check_sizes(self.sizes)
        checks.one_of("activation", self.activation, ACTIVATIONS)
        if self.norm is not None:
            checks.one_of("norm", self.norm, NORMS)
        checks.flag("residual", self.residual)
        checks.in_interval("dropout", self.dropout, "[0, 1)")
        checks.flag("bias", self.bias)
        check_initializer("init", self.init)
        hidden = self.sizes[1:-1]
        if self.residual and (len(hidden) < 2 or len(set(hidden)) > 1):
            raise ValueError(f"residual needs at least two hidden layers, all of one size, got sizes={self.sizes}.")

    def build(self) -> nn.Sequential:
        """A net with fresh weights, drawn from torch's current random state."""
        *hidden, output = pairwise(self.sizes)
        net = nn.Sequential(nn.Flatten())
        for index, (fan_in, fan_out) in enumerate(hidden):
            layers = self._hidden(fan_in, fan_out)
            net.extend([Skip(*layers)] if self.residual and index > 0 else layers)
        net.append(nn.Linear(*output, bias=self.bias))  # no activation on the output
        redraw(net, self.init)
        return net

    def _hidden(self, fan_in: int, fan_out: int) -> list[nn.Module]:
        """One hidden layer: dense, norm, activation, dropout; norm and dropout only if they are set."""
        layers: list[nn.Module] = [nn.Linear(fan_in, fan_out, bias=self.bias)]
        layers += [NORMS[self.norm](fan_out)] if self.norm else []
        layers += [ACTIVATIONS[self.activation]()]
        layers += [nn.Dropout(self.dropout)] if self.dropout else []
        return layers
