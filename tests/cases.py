"""The runs of an experiment, kept for the tests of one scenario, which one worker does one after the other.

What was trained for a probe, and was watched, is not trained once more for its symptom: a watched training is the same
bit for bit, which ``tests/test_watch.py`` asserts.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from functools import lru_cache
from typing import Any

from lossbook import Experiment, History, run
from lossbook.evidence import Case
from lossbook.probes import PROBES, Reading
from lossbook.scenarios.case import Loaded, run_watched

KEPT = 512  #: histories, each of some ten kilobytes, and readings, each of one or two
_histories: OrderedDict[Experiment, History] = OrderedDict()


@lru_cache(maxsize=2)  # the broken run may have other data than the fixed one
def loaded(data: Any) -> Loaded:
    """The data, loaded once for all runs of a scenario."""
    return Loaded(data.load())


@lru_cache(maxsize=4)  # broken and fixed, two seeds of each; one holds 15 to 50 MB
def case(experiment: Experiment) -> Case:
    history, made = run_watched(replace(experiment, data=loaded(experiment.data)))
    _keep(experiment, history)
    return made


@lru_cache(maxsize=KEPT)
def reading(cause: str, experiment: Experiment) -> Reading:
    """What this cause's test says of the run; it changes nothing, as ``tests/test_probes.py`` asserts."""
    return PROBES[cause](case(experiment))


def forget() -> None:
    """Let go of what is large, after the last test of a scenario."""
    case.cache_clear()
    loaded.cache_clear()


def trained(experiment: Experiment) -> History:
    """Of the run of this experiment, which a case may have trained already."""
    if experiment not in _histories:
        _keep(experiment, run(replace(experiment, data=loaded(experiment.data)), progress=False))
    return _histories[experiment]


def _keep(experiment: Experiment, history: History) -> None:
    _histories[experiment] = history
    while len(_histories) > KEPT:
        _histories.popitem(last=False)
