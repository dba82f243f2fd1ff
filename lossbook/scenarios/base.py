"""What a scenario is: a run that is broken on purpose, and the one change that mends it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from lossbook import checks
from lossbook.causes import CAUSES
from lossbook.data.digits import REFERENCE_SIZE
from lossbook.experiment import Experiment
from lossbook.losses.initial import chance_loss
from lossbook.paths import replace_at, value_at
from lossbook.symptoms import SYMPTOMS

VARIANTS = ("broken", "fixed")
RAISES = ("high-flat", "plateau", "slow")  # symptoms for which people raise the learning rate; for others they lower it


@dataclass(frozen=True)
class Scenario:
    """One row of ``SCENARIOS``: a broken experiment and the one leaf whose change mends it, or a healthy look-alike.

    Raises:
        ValueError: an unknown cause or symptom; a cause without a fix; a path to no setting.

    >>> from lossbook.scenarios import SCENARIOS
    >>> from lossbook.paths import diff
    >>> row = SCENARIOS["lr-too-high-oscillates"]
    >>> print(*diff(row.broken, row.fixed))
    optimizer.lr: 1.0 -> 0.05
    """

    key: str  #: its name, in lists, on pages and on the command line
    title: str  #: what happens, in one sentence
    cause: str | None  #: a key of ``CAUSES``; None for a healthy run that looks sick
    symptom: str  #: the key of ``SYMPTOMS`` that the broken run shows; "healthy" for a look-alike
    broken: Experiment  #: the run before the fix
    fix: tuple[str, Any] | None = None  #: the path of the one leaf that changes, and its right value
    persists: tuple[Any, Any] | None = None  #: lowest and highest value of that leaf for which the symptom is tested
    given_chance: float | None = None  #: ``chance``, for a loss of which no formula gives it
    floor: float = 0.0  #: the lowest loss that the task allows, in the loss's unit
    seen_in: str | None = None  #: the field of the history that shows the fault, where the loss looks healthy
    #: names of ``WRONG_FIXES`` that happen to help, each with the reason
    also_cured_by: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        checks.one_of("symptom", self.symptom, SYMPTOMS)
        for name, _ in self.also_cured_by:
            checks.one_of("also_cured_by", name, WRONG_FIXES)
        if self.cause is None:
            if self.fix is not None or self.symptom != "healthy":
                raise ValueError(f"a scenario without a cause must be healthy and have no fix, got {self.key!r}.")
            return
        checks.one_of("cause", self.cause, CAUSES)
        if self.fix is None:
            raise ValueError(f"a scenario with a cause must have a fix, got None for {self.key!r}.")
        if (self.symptom == "healthy") != (self.seen_in is not None):
            raise ValueError(f"seen_in must be given if the loss looks healthy, and only then, for {self.key!r}.")
        value_at(self.broken, self.fix[0])

    @cached_property
    def chance(self) -> float:
        """The reference loss of a model that knows nothing, computed from the targets on which it is measured.

        Raises:
            ValueError: there is no formula for this loss, and ``given_chance`` is not given.

        >>> from lossbook.scenarios import SCENARIOS
        >>> round(SCENARIOS["broadcast-loss"].chance, 2)  # the variance of the digits' values
        8.27
        """
        if self.given_chance is not None:
            return self.given_chance
        split = self.broken.data.load()
        target = np.asarray(split.train_y[:REFERENCE_SIZE] if split.ref_y is None else split.ref_y)
        classes = int(target.max()) + 1 if target.dtype.kind in "iu" else 1
        level = chance_loss(self.broken.reference or self.broken.loss, target, classes)
        if level is None:
            raise ValueError(f"given_chance must be given, since no formula gives it, got None for {self.key!r}.")
        return level

    @property
    def fixed(self) -> Experiment:
        """The broken run with the one leaf changed; for a look-alike the run itself."""
        return self.broken if self.fix is None else replace_at(self.broken, *self.fix)

    @property
    def yardstick(self) -> str:
        """The field of the history in which the fixed run must end lower, or higher for the metric."""
        return self.seen_in or {"overfitting": "val_loss"}.get(self.symptom, "reference_loss")

    @property
    def shown(self) -> str:
        """The field of the history that shows the symptom, and is therefore drawn."""
        return self.seen_in or {"overfitting": "val_loss", "spiking": "loss"}.get(self.symptom, "reference_loss")

    def experiment(self, variant: str = "broken", seed: int = 0, device: str = "auto") -> Experiment:
        """One variant of the scenario, as an experiment for :func:`lossbook.run`.

        Raises:
            ValueError: a variant other than "broken" and "fixed"; or what :class:`lossbook.Experiment` refuses.
        """
        checks.one_of("variant", variant, VARIANTS)
        return replace(self.broken if variant == "broken" else self.fixed, seed=seed, device=device)

    def wrongly_fixed(self, name: str, seed: int = 0, device: str = "auto") -> Experiment:
        """The broken run after one of ``WRONG_FIXES``, which people try first."""
        checks.one_of("name", name, WRONG_FIXES)
        return WRONG_FIXES[name](self.experiment("broken", seed, device), self.symptom)


def _another_lr(experiment: Experiment, symptom: str) -> Experiment:
    return replace(experiment, optimizer=experiment.optimizer.scaled(3.0 if symptom in RAISES else 1 / 3))


def _another_seed(experiment: Experiment, symptom: str) -> Experiment:
    return replace(experiment, seed=experiment.seed + 1000)


def _twice_the_steps(experiment: Experiment, symptom: str) -> Experiment:
    return replace(experiment, steps=2 * experiment.steps, eval_every=2 * experiment.eval_every)


#: fixes that people try first and that seldom help: name -> (broken experiment, symptom) -> experiment
WRONG_FIXES: dict[str, Callable[[Experiment, str], Experiment]] = {
    "another-lr": _another_lr,
    "another-seed": _another_seed,
    "twice-the-steps": _twice_the_steps,
}
