"""Random numbers of a run's own: torch draws from generators that nobody else sees, and no global one moves."""

from lossbook.randomness.generators import OwnGenerators
from lossbook.randomness.parts import may_draw, own_draws

__all__ = ["OwnGenerators", "may_draw", "own_draws"]
