"""A run's own random numbers: torch draws from generators that nobody else uses, and no global generator moves."""

from lossbook.randomness.generators import OwnGenerators
from lossbook.randomness.parts import lent_draws, may_draw, own_draws

__all__ = ["OwnGenerators", "lent_draws", "may_draw", "own_draws"]
