"""lossbook: why the training loss will not go down.

The public names, in the order of a training run. Nothing is imported until it is used.
"""

import os
import sys
from importlib import import_module
from typing import Any

if "ipykernel" in sys.modules and "torch" not in sys.modules:
    # torch's threads spin while they wait, and starve whatever else runs; it reads this when it is loaded
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

_HOME = {
    # a training run as a value
    "Experiment": "experiment",
    "History": "experiment",
    "run": "train",
    "prepare": "train",
    "Step": "train",
    "build": "train",
    "predict": "prediction",
    "batches": "learners.feed",
    # many runs
    "sweep": "sweeps",
    "SweepError": "sweeps",
    "lr_range_test": "sweeps",
    "RangeTest": "sweeps",
    # its parts, each a module of its own
    "data": "",
    "models": "",
    "initializers": "",
    "layers": "",
    "losses": "",
    "penalties": "",
    "optim": "",
    "schedules": "",
    "projections": "",
    "stopping": "",
    "metrics": "",
    # a setting inside it, by its dotted path
    "replace_at": "paths",
    "diff": "paths",
    # your own training: what is wrong with it
    "watch": "diagnosis",
    "checkup": "diagnosis",
    "diagnosis": "",
    "integrations": "",
    # what can be wrong
    "symptom_of": "symptoms",
    "symptom": "recorded",
    "read_curve": "recorded",
    "Curve": "recorded",
    "causes": "",
    "symptoms": "",
    "constants": "",
    "evidence": "",
    "probes": "",
    "scenarios": "",
    # to look at
    "surfaces": "",
    "plotting": "",
    "widgets": "",
}

__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("lossbook")
    if name not in _HOME:
        raise AttributeError(f"module 'lossbook' has no attribute {name!r}; it has {', '.join(__all__)}")
    if not _HOME[name]:
        return import_module(f"lossbook.{name}")
    return getattr(import_module(f"lossbook.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
