"""The dense network written by hand: forward and backward pass without autograd."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from lossbook import checks
from lossbook.checks import Array
from lossbook.models.base import check_initializer, check_sizes

Params = dict[str, Array]  #: "W1", "b1", "W2", ... -> array


class Activation(NamedTuple):
    value: Callable[[Any, Array], Array]  # (xp, z) -> a = σ(z)
    slope: Callable[[Any, Array], Array]  # (xp, a) -> σ'(z), from the output a alone


FUNCTIONS = {
    "relu": Activation(
        lambda xp, z: xp.where(z < 0, xp.zeros_like(z), z),  # a = max(0, z); NaN stays NaN
        lambda xp, a: xp.astype(a > 0, a.dtype),  # σ'(z) = [a > 0]
    ),
    "tanh": Activation(
        lambda xp, z: xp.tanh(z),  # a = tanh z
        lambda xp, a: 1 - a * a,  # σ'(z) = 1 - a²
    ),
    "sigmoid": Activation(
        lambda xp, z: (1 + xp.tanh(z / 2)) / 2,  # a = 1/(1 + e^{-z}), written so that nothing overflows
        lambda xp, a: a * (1 - a),  # σ'(z) = a (1 - a)
    ),
}


@dataclass(frozen=True)
class NumPyMLP:
    r"""A dense network whose gradient is written out; runs on NumPy arrays and on torch tensors.

    The rule, for an example :math:`x` and the ``activation`` :math:`\sigma`: :math:`a_0 = x`,
    :math:`z_l = W_l a_{l-1} + b_l`, :math:`a_l = \sigma(z_l)`, with output :math:`z_L`. Backwards, with
    :math:`\delta_l = \partial J/\partial z_l`, from :math:`\delta_L`:
    :math:`\delta_{l-1} = (W_l^\top \delta_l) \odot \sigma'(z_{l-1})`, :math:`\partial J/\partial W_l = \delta_l
    a_{l-1}^\top`, :math:`\partial J/\partial b_l = \delta_l`, summed over the batch. In code an example is a row.
    As an experiment's ``model`` it is trained with NumPy alone.

    Args:
        sizes: neurons per layer, the input's and the output's among them.
        activation: "relu", "tanh" or "sigmoid".
        initializer: draws the weights, by ``sample(shape, rng)``; the biases are zero then. None for torch's rule:
            weights and biases uniform in ±1/√(neurons before).

    Raises:
        ValueError: a value outside its range; ``params``, ``x`` or ``grad_output`` of a wrong shape.
        TypeError: a value of another type; arrays of different dtypes or libraries.

    >>> net = NumPyMLP(sizes=(2, 3, 1))
    >>> params = net.init(seed=0)
    >>> {name: param.shape for name, param in params.items()}
    {'W1': (3, 2), 'b1': (3,), 'W2': (1, 3), 'b2': (1,)}
    >>> output, cache = net.forward(params, np.ones((4, 2)))
    >>> net.backward(params, cache, np.ones((4, 1)))["b2"].tolist()  # ∂(sum of the outputs)/∂b₂: one for each example
    [4.0]

    Reference: Goodfellow, Bengio, Courville, Deep Learning (2016), section 6.5.4, algorithms 6.3 and 6.4.
    Differs from torch: the weights are an argument; the backward pass is a method, not a recorded graph.
    """

    sizes: tuple[int, ...] = (784, 32, 10)
    activation: str = "relu"
    initializer: Any = None

    def __post_init__(self) -> None:
        check_sizes(self.sizes)
        checks.one_of("activation", self.activation, FUNCTIONS)
        check_initializer("initializer", self.initializer)

    def init(self, seed: int) -> Params:
        """Fresh weights in float64: ``W1`` of shape (``sizes[1]``, ``sizes[0]``), ``b1`` (``sizes[1]``,), and so on."""
        checks.whole_number("seed", seed, 0)
        rng = np.random.default_rng(seed)
        params = {}
        for layer, (fan_in, fan_out) in enumerate(pairwise(self.sizes), start=1):
            if self.initializer is None:
                bound = 1 / math.sqrt(fan_in)
                params[f"W{layer}"] = rng.uniform(-bound, bound, (fan_out, fan_in))
                params[f"b{layer}"] = rng.uniform(-bound, bound, fan_out)
            else:
                params[f"W{layer}"] = self.initializer.sample((fan_out, fan_in), rng)
                params[f"b{layer}"] = np.zeros(fan_out)
        return params

    def forward(self, params: Params, x: Array) -> tuple[Array, tuple[Array, ...]]:
        """The output (N, ``sizes[-1]``), and what :meth:`backward` needs: :math:`a_0, ..., a_{L-1}`, rows of examples.

        ``x`` is (N, ...) with ``sizes[0]`` values per example.
        """
        xp = self._check(params, x=x)
        if x.ndim < 1 or math.prod(x.shape[1:]) != self.sizes[0]:
            raise ValueError(f"x must hold {self.sizes[0]} values per example, got shape {tuple(x.shape)}.")
        sigma = FUNCTIONS[self.activation].value
        last = len(self.sizes) - 1
        a = xp.reshape(x, (x.shape[0], self.sizes[0]))  # a_0 = x
        cache = [a]
        for layer in range(1, last):
            z = a @ params[f"W{layer}"].T + params[f"b{layer}"]  # z_l = W_l a_{l-1} + b_l
            a = sigma(xp, z)  # a_l = σ(z_l)
            cache.append(a)
        output = a @ params[f"W{last}"].T + params[f"b{last}"]  # z_L = W_L a_{L-1} + b_L
        return output, tuple(cache)

    def backward(self, params: Params, cache: tuple[Array, ...], grad_output: Array) -> Params:
        """The gradient with respect to each of ``params``, from that with respect to the output, (N, ``sizes[-1]``)."""
        xp = self._check(params, grad_output=grad_output)
        checks.shape("grad_output", grad_output, (cache[0].shape[0], self.sizes[-1]))
        slope = FUNCTIONS[self.activation].slope
        grads = {}
        delta = grad_output  # δ_L = ∂J/∂z_L
        for layer in range(len(self.sizes) - 1, 0, -1):
            a = cache[layer - 1]
            grads[f"W{layer}"] = delta.T @ a  # ∂J/∂W_l = Σ_n δ_l a_{l-1}ᵀ
            grads[f"b{layer}"] = xp.sum(delta, axis=0)  # ∂J/∂b_l = Σ_n δ_l
            if layer > 1:
                delta = (delta @ params[f"W{layer}"]) * slope(xp, a)  # δ_{l-1} = (W_lᵀ δ_l) ⊙ σ'(z_{l-1})
        return {name: grads[name] for name in params}

    def to_torch(self, params: Params) -> Any:
        """The same net as torch's own layers, :meth:`MLP.build`'s, with a copy of these weights in their dtype."""
        import torch

        from lossbook.models.mlp import MLP

        self._check(params)
        with torch.device("meta"):  # draws no weights, since they would be replaced
            net = MLP(self.sizes, self.activation).build()
        copies = (torch.as_tensor(params[name]).clone() for name in self._shapes())
        net.load_state_dict(dict(zip(net.state_dict(), copies, strict=True)), assign=True)
        return net

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        shapes: dict[str, tuple[int, ...]] = {}
        for layer, (fan_in, fan_out) in enumerate(pairwise(self.sizes), start=1):
            shapes |= {f"W{layer}": (fan_out, fan_in), f"b{layer}": (fan_out,)}
        return shapes

    def _check(self, params: Params, **batch: Array) -> Any:
        """The namespace of all arrays. ``params`` must be named and shaped as :meth:`init` makes them."""
        shapes = self._shapes()
        if set(params) != set(shapes):
            raise ValueError(f"params must hold {', '.join(shapes)}, got {', '.join(params) or 'nothing'}.")
        xp = checks.namespace(**batch, **params)
        for name, shape in shapes.items():
            checks.shape(name, params[name], shape)
        checks.floating(xp, **batch, **params)
        checks.same_dtype(**batch, **params)
        return xp
