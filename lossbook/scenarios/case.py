"""A scenario's run as a case: what probes see is what a watch has seen, as of anybody's loop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch

from lossbook import checks
from lossbook.devices import resolve_device
from lossbook.evidence import Batch, Case, Log, Series, Snapshot
from lossbook.experiment import Experiment, History
from lossbook.learners import refuse_numpy, training_of
from lossbook.learners.feed import load
from lossbook.train import Step, prepare, run
