"""Diagnosis: watch a training of your own, and read what is wrong, what was measured, and your own curve mended.

``watch`` looks at a loop while it runs; ``checkup`` looks at its parts before. Both try everything on copies.
"""

from lossbook.diagnosis.before import checkup
from lossbook.diagnosis.finding import Finding
from lossbook.diagnosis.report import Check, NotTested, Report
from lossbook.diagnosis.watching import Watching, watch

__all__ = ["Check", "Finding", "NotTested", "Report", "Watching", "checkup", "watch"]
