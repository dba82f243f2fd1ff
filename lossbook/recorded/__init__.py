"""Recorded curves: read from a log of any program, and judged from their numbers alone."""

from lossbook.recorded.curve import Curve
from lossbook.recorded.formats import FORMATS, Format
from lossbook.recorded.judging import symptom
from lossbook.recorded.reading import read_curve

__all__ = ["FORMATS", "Curve", "Format", "read_curve", "symptom"]
