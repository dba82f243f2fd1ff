"""Fill a torch module with values drawn by an initialiser."""

from __future__ import annotations

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
        module: a layer, or a model that holds some. All else in it (norms, embeddings) stays as it is.
        initializer: draws a weight from its shape.
        rng: one generator for all layers, in the order of ``module.modules()``.

    Raises:
        ValueError: ``module`` holds no such layer.
        TypeError: an argument of another type.

    >>> from lossbook.initializers import He
    >>> layer = nn.Linear(784, 10)
    >>> initialize(layer, He(), np.random.default_rng(0))
    >>> round(layer.weight.std().item(), 4), layer.bias.abs().sum().item()
    (0.0506, 0.0)
    """
    checks.has_method("module", module, "modules")
    checks.has_method("initializer", initializer, "sample")
    layers = [layer for layer in module.modules() if isinstance(layer, FILLED)]
    if not layers:
        names = ", ".join(kind.__name__ for kind in FILLED)
        raise ValueError(f"module must hold at least one of {names}, got {module!r}.")
    for layer in layers:
        sample = initializer.sample(tuple(layer.weight.shape), rng)
        checks.namespace(sample=sample)
        checks.shape("sample", sample, tuple(layer.weight.shape))
        layer.weight.copy_(torch.as_tensor(sample))
        if layer.bias is not None:
            layer.bias.zero_()
