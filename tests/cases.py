"""The case of an experiment, kept for the tests of one scenario, which one worker does one after the other."""

from __future__ import annotations

from functools import lru_cache

from lossbook import Experiment
from lossbook.evidence import Case
from lossbook.scenarios.case import case_of


@lru_cache(maxsize=4)  # broken and fixed, two seeds of each; one holds 15 MB and more
def case(experiment: Experiment) -> Case:
    return case_of(experiment)
