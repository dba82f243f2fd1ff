"""Layers that act on activations: a frozen object with ``apply(x, rng, train)`` and ``to_torch()``."""

from lossbook.layers.dropout import Dropout

#: name -> the layer with its usual settings
LAYERS = {
    "dropout": Dropout(),
}

__all__ = ["LAYERS", "Dropout"]
