"""Random values of a size that keeps the signal as large behind a layer as before it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from lossbook import checks
from lossbook.initializers.base import Initializer, Shape, check_sample, fan
from lossbook.initializers.noise import Normal, Uniform

#: name -> the initialiser of that distribution with standard deviation std; a uniform one has the bound √3 std
DISTRIBUTIONS: dict[str, Callable[[float], Initializer]] = {
    "normal": Normal,
    "uniform": lambda std: Uniform(math.sqrt(3) * std),
}
MODES = ("fan_in", "fan_out")


@dataclass(frozen=True)
class Xavier:
    r"""Glorot and Bengio's rule, for layers followed by tanh, sigmoid or nothing: both directions count the same.

    The rule, for the layer's :math:`n_\text{in}` and :math:`n_\text{out}` (:func:`fan`) and :math:`g` (``gain``):
    mean 0 and standard deviation :math:`\sigma = g \sqrt{2 / (n_\text{in} + n_\text{out})}`.

    Args:
        gain: makes up for the signal that the activation takes away, in (0, inf); 1 without one, 5/3 for tanh.
        distribution: "uniform" (on :math:`\pm\sqrt 3\,\sigma`) or "normal".

    Raises:
        ValueError: a value outside its range; a shape of fewer than two axes.
        TypeError: a value of another type.

    >>> weight = Xavier().sample((10, 784), np.random.default_rng(0))
    >>> round(float(weight.std()), 4), round(math.sqrt(2 / 794), 4)
    (0.0503, 0.0502)

    Reference: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks
    (AISTATS 2010), equation 16.
    """

    gain: float = 1.0
    distribution: str = "uniform"

    def __post_init__(self) -> None:
        checks.in_interval("gain", self.gain, "(0, inf)")
        checks.one_of("distribution", self.distribution, DISTRIBUTIONS)

    def sample(self, shape: Shape, rng: np.random.Generator) -> np.ndarray:
        """A weight of this shape, float64."""
        check_sample(shape, rng)
        fan_in, fan_out = fan(shape)
        std = self.gain * math.sqrt(2 / (fan_in + fan_out))  # σ = g √(2 / (n_in + n_out))
        return DISTRIBUTIONS[self.distribution](std).sample(shape, rng)

    def to_torch(self) -> Any:
        """torch's own: ``torch.nn.init.xavier_uniform_`` or ``xavier_normal_``."""
        import torch

        return partial(getattr(torch.nn.init, f"xavier_{self.distribution}_"), gain=self.gain)


@dataclass(frozen=True)
class He:
    r"""He's rule, for layers followed by ReLU, which takes away half of the signal's mean square.

    The rule, for the layer's :math:`n` (its fan-in or fan-out, :func:`fan`) and :math:`a` (``negative_slope``): mean 0
    and standard deviation :math:`\sigma = \sqrt{2 / ((1 + a^2)\,n)}`.

    Args:
        mode: "fan_in" keeps the size of the activations, "fan_out" that of the gradients.
        negative_slope: slope of a leaky ReLU below 0; 0 is ReLU. In (-inf, inf).
        distribution: "normal", or "uniform" (on :math:`\pm\sqrt 3\,\sigma`).

    Raises:
        ValueError: a value outside its range; a shape of fewer than two axes.
        TypeError: a value of another type.

    >>> weight = He().sample((10, 784), np.random.default_rng(0))
    >>> round(float(weight.std()), 4), round(math.sqrt(2 / 784), 4)
    (0.0506, 0.0505)

    Reference: He et al., Delving Deep into Rectifiers (ICCV 2015), section 2.2.
    Differs from torch: torch calls it Kaiming; ``nn.Linear`` uses it by default with ``a`` = √5: σ = 1/√(3n).
    """

    mode: str = "fan_in"
    negative_slope: float = 0.0
    distribution: str = "normal"

    def __post_init__(self) -> None:
        checks.one_of("mode", self.mode, MODES)
        checks.in_interval("negative_slope", self.negative_slope, "(-inf, inf)")
        checks.one_of("distribution", self.distribution, DISTRIBUTIONS)

    def sample(self, shape: Shape, rng: np.random.Generator) -> np.ndarray:
        """A weight of this shape, float64."""
        check_sample(shape, rng)
        n = fan(shape)[MODES.index(self.mode)]
        std = math.sqrt(2 / ((1 + self.negative_slope**2) * n))  # σ = √(2 / ((1 + a²) n))
        return DISTRIBUTIONS[self.distribution](std).sample(shape, rng)

    def to_torch(self) -> Any:
        """torch's own: ``torch.nn.init.kaiming_normal_`` or ``kaiming_uniform_``."""
        import torch

        fill = getattr(torch.nn.init, f"kaiming_{self.distribution}_")
        return partial(fill, a=self.negative_slope, mode=self.mode)
