"""The case of an experiment, kept for the tests of one scenario, which one worker does one after the other."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

from lossbook import Experiment
from lossbook.evidence import Case
from lossbook.scenarios.case import Loaded, case_of


@lru_cache(maxsize=2)  # the broken run may have other data than the fixed one
def loaded(data: Any) -> Loaded:
    """The data, loaded once for all runs of a scenario."""
    return Loaded(data.load())


@lru_cache(maxsize=4)  # broken and fixed, two seeds of each; one holds 15 MB and more
def case(experiment: Experiment) -> Case:
    return case_of(replace(experiment, data=loaded(experiment.data)))
