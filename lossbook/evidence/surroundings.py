"""What stands around a replay, so that it changes nothing but its copy."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import numpy as np
import torch
from torch import nn

from lossbook.prediction import modes_kept
from lossbook.randomness import lent_draws


@contextmanager
def quiet(model: nn.Module, *, seed: int = 0) -> Iterator[nn.Module]:
    """Train mode within, the modes as they were afterwards; what draws within moves no generator.

    As in a run, what stands in eval mode within a model in train mode stays so. The global generators of torch, NumPy
    and Python begin at ``seed``, and are afterwards where they were. Gradients are as the caller has them; autocast is
    off.

    Args:
        model: a copy of what is trained.
        seed: of every generator.
    """
    devices = {held.device for held in itertools.chain(model.parameters(), model.buffers())} - {torch.device("meta")}
    kinds = {device.type for device in devices} or {"cpu"}
    with modes_kept(model), _global_draws(seed), lent_draws(seed, *devices), ExitStack() as plain:
        for kind in kinds:
            if torch.is_autocast_enabled(kind):
                plain.enter_context(torch.autocast(kind, enabled=False))
        yield model if model.training else model.train()


@contextmanager
def draws_kept() -> Iterator[None]:
    """Every global generator is afterwards where it was. A copy draws where ``__deepcopy__`` makes a new model."""
    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ()
    kept, numpys = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        with torch.random.fork_rng(devices):
            yield
    finally:
        random.setstate(kept)
        np.random.set_state(numpys)  # noqa: NPY002


@contextmanager
def _global_draws(seed: int) -> Iterator[None]:
    kept, numpys = random.getstate(), np.random.get_state()  # noqa: NPY002, a loss of anybody's may draw from it
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(kept)
        np.random.set_state(numpys)  # noqa: NPY002
