"""PROBES: each cause's decisive test, a function of a training that says whether the cause is there, and what it saw.

A probe works on copies: models, optimisers and data are left as they were.
"""

from __future__ import annotations

from importlib import import_module

from lossbook import checks
from lossbook.causes import FAMILIES
from lossbook.probes.also import ALSO
from lossbook.probes.base import NEEDS, OUTCOMES, Limit, Mend, Probe, Reading, Trial
from lossbook.probes.trials import helps, trial_of

__all__ = [
    "ALSO",
    "NEEDS",
    "OUTCOMES",
    "PROBES",
    "Limit",
    "Mend",
    "Probe",
    "Reading",
    "Trial",
    "helps",
    "probe",
    "trial_of",
]

PROBES: dict[str, Probe] = {
    key: probe for name in FAMILIES for key, probe in import_module(f"lossbook.probes.{name}").ROWS.items()
}  #: key of the cause -> its decisive test


def probe(key: str) -> Probe:
    """The decisive test of the cause with this key.

    Raises:
        ValueError: there is no such cause; the message names the nearest one.
    """
    checks.one_of("key", key, PROBES)
    return PROBES[key]
