"""A run that goes on where it was stopped, bit for bit: all that its next step depends on, in one file."""

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
MAY_DIFFER = ("steps", "device")  # a run may be made longer, and go on elsewhere


class Checkpoint:
    """Saves a run at each look, and brings another one to where it was.

    Args:
        path: the file, read with ``torch.load(weights_only=True)``: nothing in it can run.
        learner, recorder, yardstick, reactions: of the run.
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
        """Write where the run stands after so many steps; whole or not at all.

        Raises:
            ValueError: the loop has put another model or optimiser in the place of the one that it was given.
        """
        if any(now is not then for now, then in zip(self._parts(), self._trained, strict=True)):
            raise ValueError(
                "checkpoint goes with a loop that trains the model and the optimiser that it was given, got "
                f"{self._experiment.loop!r}, which has put others in their place."
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
        """Bring the run to where the saved one was: the steps done, and whether it ended.

        Raises:
            ValueError: the file is none of a run, or of another experiment; the message says what differs.
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
                f"steps must be {step}, as in the checkpoint, or a number that lets it look at every "
                f"{experiment.eval_every} steps, got {experiment.steps}: the checkpoint stands between two looks."
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
        except Exception as error:  # torch raises of many kinds
            raise ValueError(f"checkpoint must be the file of a run, got {str(self.path)!r}: {error}") from error


def texts(experiment: Experiment) -> dict[str, str]:
    """field -> what stands there, in words, by which two experiments are told apart."""
    told = {item.name: repr(getattr(experiment, item.name)) for item in fields(experiment)}
    return {name: re.sub(r" at 0x[0-9a-f]+", "", text) for name, text in told.items() if name not in MAY_DIFFER}


def _as_tensors(value: Any) -> Any:
    """The same with tensors for NumPy's arrays, which such a file can hold."""
    if isinstance(value, np.ndarray):
        return torch.from_numpy(np.array(value))
    if isinstance(value, dict):
        return {name: _as_tensors(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)([_as_tensors(item) for item in value])
    return value
