"""Checkpoints: all that the next step of a run depends on, in one file, so that the run continues bit for bit."""

from __future__ import annotations

import io
import re
from dataclasses import fields
from typing import Any

import numpy as np
import torch

from lossbook.experiment import Experiment
from lossbook.files import user_path, write_whole
from lossbook.learners.reactions import Reactions
from lossbook.learners.recorder import Recorder, Yardstick

KEYS = ("experiment", "step", "ended", "chance", "learner", "reactions", "history", "noise", "draws")
MAY_DIFFER = ("steps", "device")  # a run may be made longer, and continue on another device


class Checkpoint:
    """Saves a run at each look, and restores the saved state in another run.

    Args:
        path: the file, read with ``torch.load(weights_only=True)``: nothing in it can run.
        learner, recorder, yardstick, reactions: those of the run.
        noise: the generator of its augmentation.
        draws: device -> generator that the model draws from.
    """

    def __init__(
        self,
        path: Any,
        learner: Any,
        recorder: Recorder,
        yardstick: Yardstick,
        reactions: Reactions,
        noise: np.random.Generator,
        draws: dict[Any, Any],
    ) -> None:
        self.path = user_path(path)
        self._recorder, self._reactions, self._noise, self._draws = recorder, reactions, noise, draws
        self._learner, self._yardstick, self._experiment = learner, yardstick, learner.experiment
        self._trained = self._parts()

    def save(self, step: int, ended: bool) -> None:
        """Write the state of the run after ``step`` steps, whole or not at all.

        Raises:
            ValueError: the loop has replaced the model or the optimiser that it was given.
        """
        if any(now is not then for now, then in zip(self._parts(), self._trained, strict=True)):
            raise ValueError(
                "checkpoint goes with a loop that trains the model and the optimiser that it was given, got "
                f"{self._experiment.loop!r}, which has replaced one of them."
            )
        (history,) = self._recorder.histories([{"environment": {}}])
        content = {
            "experiment": texts(self._experiment),
            "step": step,
            "ended": ended,
            "chance": self._yardstick.chance,
            "learner": self._learner.state(),
            "reactions": self._reactions.state(),
            "history": {name: list(values) for name, values in vars(history).items() if isinstance(values, tuple)},
            "noise": self._noise.bit_generator.state,
            "draws": {str(device): generator.get_state() for device, generator in self._draws.items()},
        }
        file = io.BytesIO()
        torch.save(_as_tensors(content), file)
        write_whole(self.path, file.getvalue())

    def restore(self) -> tuple[int, bool]:
        """Restore the state of the saved run; returns the steps done, and whether the run ended.

        Raises:
            ValueError: the file is not that of a run, or belongs to another experiment; the message says what differs.
        """
        content = self._read()
        other = [name for name, text in texts(self._experiment).items() if content["experiment"].get(name) != text]
        if other:
            told = "; ".join(f"{name}: {content['experiment'].get(name)} there" for name in other)
            raise ValueError(f"checkpoint must be of this experiment, got {str(self.path)!r}, of another one ({told}).")
        step, experiment = content["step"], self._experiment
        between = step % experiment.eval_every and not content["ended"]
        if step > experiment.steps or (step < experiment.steps and between):
            raise ValueError(
                f"steps must be {step}, as in the checkpoint, got {experiment.steps}: only a run that ended at a "
                f"multiple of eval_every, {experiment.eval_every}, can be made longer."
            )
        self._yardstick.chance = content["chance"]
        self._learner.restore(content["learner"])
        self._reactions.restore(content["reactions"])
        self._recorder.resume({name: tuple(values) for name, values in content["history"].items()})
        self._noise.bit_generator.state = content["noise"]
        for device, state in content["draws"].items():
            kind = torch.device(device)
            if kind not in self._draws:
                self._draws[kind] = torch.Generator(kind)
            self._draws[kind].set_state(state)
        return step, content["ended"]

    def _parts(self) -> tuple[Any, ...]:
        return getattr(self._learner, "model", None), getattr(self._learner, "optimizer", None)

    def _read(self) -> dict[str, Any]:
        try:
            content = torch.load(self.path, map_location="cpu", weights_only=True)
            return {name: content[name] for name in KEYS}
        except OSError:
            raise
        except Exception as error:  # torch raises errors of many kinds
            raise ValueError(f"checkpoint must be the file of a run, got {str(self.path)!r}: {error}") from error


def texts(experiment: Experiment) -> dict[str, str]:
    """field -> its value as a text, by which two experiments are compared."""
    told = {item.name: repr(getattr(experiment, item.name)) for item in fields(experiment)}
    return {name: re.sub(r" at 0x[0-9a-f]+", "", text) for name, text in told.items() if name not in MAY_DIFFER}


def _as_tensors(value: Any) -> Any:
    """``value`` with its NumPy arrays as tensors, since such a file holds only tensors."""
    if isinstance(value, np.ndarray):
        return torch.from_numpy(np.array(value))
    if isinstance(value, dict):
        return {name: _as_tensors(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)([_as_tensors(item) for item in value])
    return value
