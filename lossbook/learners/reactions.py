"""How a run reacts to the held-out loss: smaller steps, an early end, the best weights put back."""

from __future__ import annotations

from typing import Any

from lossbook.schedules.plateau import PlateauState
from lossbook.stopping import StoppingState


class Reactions:
    """The rules of an experiment that look at the held-out loss, and their states.

    Args:
        learner: its ``experiment`` has the rules, ``plateau`` and ``stopping``; its learning rates and weights change.
    """

    def __init__(self, learner: Any) -> None:
        self._learner = learner
        self._plateau, self._stopping = learner.experiment.plateau, learner.experiment.stopping
        self._seen = None if self._plateau is None else self._plateau.init()
        self._waited = None if self._stopping is None else self._stopping.init()
        self._best: Any = None  # the weights at the lowest held-out loss so far

    def look(self, val_loss: float) -> bool:
        """React to a held-out loss; returns whether the run should end now."""
        if self._plateau is not None:
            factor, self._seen = self._plateau.update(val_loss, self._seen)
            self._learner.set_lr_factor(factor)
        if self._stopping is None:
            return False
        stop, self._waited = self._stopping.update(val_loss, self._waited)
        if self._waited.best_step == self._waited.step - 1:  # this look is the best so far
            self._best = self._learner.weights()
        return stop

    def finish(self) -> None:
        """Put the best weights back, if they were kept."""
        if self._best is not None:
            self._learner.put_weights(self._best)

    def state(self) -> dict[str, Any]:
        """The state that :meth:`restore` needs, as plain numbers and tensors."""
        return {"plateau": _plain(self._seen), "stopping": _plain(self._waited), "best": self._best}

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from the state of another run."""
        self._best = state["best"]
        if self._plateau is not None:
            self._seen = PlateauState(*state["plateau"])
            self._learner.set_lr_factor(self._seen.factor)
        if self._stopping is not None:
            self._waited = StoppingState(*state["stopping"])


def _plain(state: Any) -> list[Any] | None:
    return None if state is None else list(state)
