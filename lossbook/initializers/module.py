"""Fill a torch module with values drawn by an initialiser."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from lossbook import checks
from lossbook.initializers.base import Initializer

FILLED = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)


@torch.no_grad()
def initialize(module: nn.Module, initializer: Initializer, rng: np.random.Generator) -> None:
    """Draw the weights of all dense and convolutional layers anew, in place, and set their biases to 0.

    Args:
        module: a layer, or a model that holds some. All else in it (norms, embeddings, transposed convolutions) stays
            as it is. A weight that two layers share is drawn once; so is one that a layer shares with an embedding.
        initializer: draws a weight from its shape.
        rng: one generator for all layers, in the order of ``module.modules()``.

    Raises:
        ValueError: ``module`` holds no such layer; or a layer's weight has no shape yet, or is computed from other
            tensors at each use, as by weight norm, spectral norm or pruning. Nothing is drawn then.
        TypeError: an argument of another type.

    >>> from lossbook.initializers import He
    >>> layer = nn.Linear(784, 10)
    >>> initialize(layer, He(), np.random.default_rng(0))
    >>> round(layer.weight.std().item(), 4), layer.bias.abs().sum().item()
    (0.0506, 0.0)
    """
    checks.has_method("module", module, "modules")
    checks.has_method("initializer", initializer, "sample")
    layers = {name: layer for name, layer in module.named_modules() if isinstance(layer, FILLED)}
    if not layers:
        names = ", ".join(kind.__name__ for kind in FILLED)
        raise ValueError(f"module must hold at least one of {names}, got {module!r}.")
    for name, layer in layers.items():
        _check_layer(name or "module", layer)
    drawn = set[torch.Tensor]()
    for layer in layers.values():
        if layer.weight not in drawn:
            drawn.add(layer.weight)
            sample = initializer.sample(tuple(layer.weight.shape), rng)
            checks.namespace(sample=sample)
            checks.shape("sample", sample, tuple(layer.weight.shape))
            layer.weight.copy_(torch.as_tensor(sample))
        if layer.bias is not None:
            layer.bias.zero_()


def _check_layer(name: str, layer: Any) -> None:
    """Raise unless weight and bias of a layer are parameters with a shape."""
    own = dict(layer.named_parameters(recurse=False))
    for part in ("weight", "bias"):
        if part == "bias" and layer.bias is None:
            continue
        if part not in own:
            others = ", ".join(name for name, _ in layer.named_parameters() if name not in ("weight", "bias"))
            raise ValueError(
                f"{name} must have its {part} as a parameter, got one that is computed at each use from {others}: "
                "initialize the layer first, then put weight norm, spectral norm or pruning on it."
            )
        if nn.parameter.is_lazy(own[part]):
            raise ValueError(
                f"{name} must have a {part} with a shape, got {type(layer).__name__} before its first call: call the "
                "module once on a batch."
            )
