"""Initialisers: a frozen object with ``sample(shape, rng)``, and ``initialize(module, initializer, rng)``."""

from typing import Any

from lossbook.initializers.base import Initializer, fan
from lossbook.initializers.constant import Constant, Zeros
from lossbook.initializers.noise import Normal, Uniform
from lossbook.initializers.orthogonal import Orthogonal
from lossbook.initializers.scaled import He, Xavier

#: name -> the initialiser with its usual settings
INITIALIZERS = {
    "zeros": Zeros(),
    "constant": Constant(0.1),
    "normal": Normal(std=0.01),
    "uniform": Uniform(bound=0.1),
    "xavier": Xavier(),
    "he": He(),
    "orthogonal": Orthogonal(),
}

__all__ = [
    "INITIALIZERS",
    "Constant",
    "He",
    "Initializer",
    "Normal",
    "Orthogonal",
    "Uniform",
    "Xavier",
    "Zeros",
    "fan",
    "initialize",
]


def __getattr__(name: str) -> Any:
    if name == "initialize":  # it imports torch; the initialisers do not
        from lossbook.initializers.module import initialize

        return initialize
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
