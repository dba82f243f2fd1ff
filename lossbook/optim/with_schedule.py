"""torch's own optimisers with torch's own scheduler inside, which steps by itself and is saved and copied with them."""

from __future__ import annotations

import copy
import functools
from itertools import chain
from typing import Any

import torch

from lossbook import checks
from lossbook.optim.base import LearningRate, lr_at
from lossbook.optim.rate import after_step, before_step

BY_GROUP = ("base_lrs", "_last_lr", "lr_lambdas")  # lists in a torch scheduler with one item per group


class Scheduled:
    """A base class that gives ``torch.optim.SGD`` and the others a scheduler; it comes before torch's class."""

    kind: type  #: torch's class
    schedule: Any  #: this package's schedule
    scheduler: Any  #: torch's twin of it
    applies_lr_factor = True

    def attach(self, schedule: Any, progress: dict[str, Any] | None = None) -> None:
        """Make the scheduler and step it after each update; with ``progress`` it continues from there."""
        self._make_scheduler(schedule, progress)
        self.register_step_pre_hook(before_step)  # type: ignore[attr-defined]
        self.register_step_post_hook(after_step)  # type: ignore[attr-defined]

    def _make_scheduler(self, schedule: Any, progress: dict[str, Any] | None) -> None:
        stood = [(group["lr"], group.get("initial_lr")) for group in self.param_groups]  # type: ignore[attr-defined]
        self.schedule, self.scheduler = schedule, schedule.to_torch(self)
        if progress is not None:
            self.scheduler.load_state_dict(copy.deepcopy(progress))
            for group, rates in zip(self.param_groups, stood, strict=True):  # type: ignore[attr-defined]
                group["lr"], group["initial_lr"] = rates

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """As torch's, but a group that is added later follows the schedule too, which torch's schedulers refuse."""
        if "scheduler" in vars(self):
            _refuse_own_lr([param_group], self.schedule)
        super().add_param_group(param_group)  # type: ignore[misc]
        if "scheduler" in vars(self):
            first, *_, last = self.param_groups  # type: ignore[attr-defined]
            last["lr"], last["initial_lr"] = first["lr"], first["initial_lr"]
            self._make_scheduler(self.schedule, _for_one_more(self.scheduler.state_dict()))

    def scheduler_step(self) -> None:
        """Set the rate of the next step."""
        self.scheduler.step()

    def state_dict(self) -> dict[str, Any]:
        """torch's own, and the scheduler's state under "scheduler"."""
        return super().state_dict() | {"scheduler": self.scheduler.state_dict()}  # type: ignore[misc]

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue where the saved optimiser and its scheduler stopped, with the saved settings, as torch does.

        Raises:
            ValueError: no scheduler was saved, or a scheduler of another kind.
        """
        theirs, kind = state_dict.get("scheduler"), f"that of a {type(self.scheduler).__name__}"
        checks.same_names("state_dict['scheduler']", _names(theirs), _names(self.scheduler.state_dict()), kind)
        super().load_state_dict(state_dict)  # type: ignore[misc]
        self.scheduler.load_state_dict(copy.deepcopy(theirs))

    def __getstate__(self) -> dict[str, Any]:  # for copy and pickle: the scheduler is made anew
        own = {"schedule": self.schedule, "scheduler": self.scheduler.state_dict()}
        return super().__getstate__() | own  # type: ignore[operator]

    def __setstate__(self, state: dict[str, Any]) -> None:
        own = {name: state[name] for name in ("schedule", "scheduler") if name in state}
        super().__setstate__({name: value for name, value in state.items() if name not in own})  # type: ignore[misc]
        if own:  # torch's load_state_dict calls this too, without them
            self.attach(own["schedule"], own["scheduler"])

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _empty, (self.kind,), self.__getstate__()


def _names(progress: dict[str, Any] | None) -> list[str]:
    """The names in the state of a scheduler, and in the states of the schedulers inside it."""
    return [*(progress or ()), *chain.from_iterable(map(_names, (progress or {}).get("_schedulers", ())))]


def _for_one_more(progress: dict[str, Any]) -> dict[str, Any]:
    """The state of a scheduler with one more group, which stands where the first group does."""
    more = {name: [*values, values[0]] for name, values in progress.items() if name in BY_GROUP}
    if "_schedulers" in progress:
        more["_schedulers"] = list(map(_for_one_more, progress["_schedulers"]))
    return progress | more


@functools.cache
def _with_schedule(kind: type) -> type:
    """torch's class ``kind`` with a scheduler."""
    return type(kind.__name__, (Scheduled, kind), {"kind": kind, "__doc__": kind.__doc__})


def _empty(kind: type) -> Any:
    return object.__new__(_with_schedule(kind))


def _refuse_own_lr(groups: Any, schedule: Any) -> None:
    if any(isinstance(group, dict) and "lr" in group for group in groups):
        raise ValueError(
            f"a group must have no lr of its own beside the schedule {schedule!r} of torch's own optimiser; "
            "TorchOptimizer(params, rule) takes both."
        )


def scheduled(kind: type, params: Any, schedule: LearningRate, **knobs: Any) -> torch.optim.Optimizer:
    """torch's optimiser of this ``kind``, whose learning rate follows the torch scheduler that ``schedule`` stands for.

    Raises:
        TypeError: ``schedule`` is a plain function of the step, for which torch has no scheduler.
        ValueError: a group with an ``lr`` of its own, which torch's schedulers would overwrite.
    """
    if not hasattr(schedule, "to_torch"):
        raise TypeError(
            f"lr must be a number or a schedule of lossbook.schedules for torch's own optimiser, got {schedule!r}; "
            "TorchOptimizer(params, rule) takes any function of the step."
        )
    params = list(params) if not isinstance(params, (torch.Tensor, dict)) else params
    _refuse_own_lr(params, schedule)
    optimizer = _with_schedule(kind)(params, lr=lr_at(schedule, 0), **knobs)
    optimizer.attach(schedule)
    return optimizer
