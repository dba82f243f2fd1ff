"""Recorded curves: read from a log of any program, and judged from their numbers alone."""

from lossbook.recorded.curve import Curve
from lossbook.recorded.judging import symptom

__all__ = ["Curve", "symptom"]
