"""Training without torch: for a model whose backward pass is written out, such as ``NumPyMLP``."""

from __future__ import annotations

from typing import Any

import numpy as np

from lossbook import checks
from lossbook.experiment import Experiment
from lossbook.learners.rehearsal import attempt, check_values, rehearse
from lossbook.loop import Loop
from lossbook.optim.base import lr_at, updated
from lossbook.optim.clipping import global_norm

Params = dict[str, np.ndarray]  #: name -> array, as the model's ``init(seed)`` gives them
NEEDED = {"loss": "grad", "penalty": "grad", "optimizer": "update"}  # in place of autograd and torch's optimiser


class NumPyLearner:
    """The learner in the run of a NumPy model: its parameters, and the optimiser's state for each.

    Args:
        experiment: its model has ``init(seed)``, ``forward(params, x)`` and ``backward(params, cache, grad_output)``.
        arrays: of its data, by the names of the fields of ``Split``.
        params, states: of the model and of the optimiser, as :func:`prepare` gives them; they are not changed. Without
            states, the optimiser has taken no step.

    Raises:
        ValueError: a device other than the CPU.
        TypeError: a part of the experiment needs torch; ``params`` is no dict of floating NumPy arrays.
    """

    lr = 0.0  # rate of the last step
    lr_factor = 1.0  # multiplies the rate of the next step

    def __init__(self, experiment: Experiment, arrays: Params, params: Params, states: Any = None) -> None:
        check_params(experiment.model, params)
        if states is not None and not isinstance(states, dict):
            raise TypeError(f"optimizer must be a dict of states, as prepare() gives it, got {type(states).__name__}.")
        dtype = np.dtype(experiment.dtype)
        self.experiment = experiment
        self.data = {
            name: x.astype(dtype, copy=False) if np.isdtype(x.dtype, "real floating") else x
            for name, x in arrays.items()
        }
        self.params = {name: param.astype(dtype) for name, param in params.items()}
        init = experiment.optimizer.init
        self.states = {name: init(param) for name, param in self.params.items()} if states is None else dict(states)
        self.before = next((int(state[0]) for state in self.states.values()), 0)  # steps that the optimiser has done

    def batch(self, index: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Inputs and targets of these training examples."""
        return self.data["train_x"][index], self.data["train_y"][index]

    @property
    def training(self) -> NumPyLearner:
        """The object that changes in a step: the learner itself, with ``params`` and ``states``."""
        return self

    def train(self, step: int, x: np.ndarray, y: np.ndarray) -> tuple[float, float, float]:
        """Train on one batch; returns the loss before the update, the gradient's norm before clipping, ‖Δθ‖ / ‖θ‖."""
        self.lr = lr_at(self.experiment.optimizer.lr, self.before + step) * self.lr_factor
        self.params, self.states, numbers = numpy_step(self.experiment, self.params, self.states, x, y, self.lr)
        return numbers

    def set_lr_factor(self, factor: float) -> None:
        """Multiply the learning rate by ``factor`` from the next step on."""
        self.lr_factor = factor

    def weights(self) -> Any:
        """A copy of the parameters, for :meth:`put_weights`."""
        return {name: param.copy() for name, param in self.params.items()}

    def put_weights(self, weights: Any) -> None:
        """Replace the parameters by copies of these."""
        self.params = {name: np.asarray(weight).copy() for name, weight in weights.items()}

    def state(self) -> Any:
        """All that the next step depends on, except data and random numbers; as numbers and arrays."""
        return {"params": self.weights(), "states": {name: tuple(state) for name, state in self.states.items()}}

    def restore(self, state: Any) -> None:
        """Continue from the state of another learner."""
        self.put_weights(state["params"])
        for name, values in state["states"].items():
            kept = (np.asarray(value).copy() if hasattr(value, "shape") else value for value in values)
            self.states[name] = type(self.states[name])(*kept)

    def predict(self, x: np.ndarray) -> np.ndarray:
        """The model's output on all of ``x``."""
        model: Any = self.experiment.model
        return model.forward(self.params, x)[0]

    validate = predict  # as the correct loop does

    @staticmethod
    def numbers(rows: list[Any]) -> list[Any]:
        """The results of :meth:`train` at each step, as Python numbers."""
        return rows

    def rehearse(self) -> None:
        """Dry run of one batch; an error names the part that cannot take NumPy arrays.

        Raises:
            ValueError: the loss is not one number.
            TypeError: a part takes only torch tensors.
        """
        experiment, size = self.experiment, self.experiment.batch_size
        model: Any = experiment.model
        loss: Any = experiment.loss
        augment = experiment.augment
        x, y = self.data["train_x"][:size], self.data["train_y"][:size]
        output, cache = model.forward(self.params, x)
        check_values(experiment, output, self.data)
        rehearse(experiment, output, y, self.predict(self.data["val_x"][:size]), self.data["val_y"][:size])
        attempt("loss", loss, output, lambda: model.backward(self.params, cache, loss.grad(output, y)))
        if augment is not None:
            attempt("augment", augment, output, lambda: self.predict(augment.apply(x, np.random.default_rng(0))))


def numpy_step(
    experiment: Experiment,
    params: Params,
    states: dict[str, Any],
    x: np.ndarray,
    y: np.ndarray,
    lr: float | None = None,
) -> tuple[Params, dict[str, Any], tuple[float, float, float]]:
    """One step as a pure function, as :func:`lossbook.pure_step.train_step`, with the model's own backward pass.

    ``lr`` is the rate of this step; by default the optimizer's own ``lr``; a schedule is then read at the states' step.

    Returns:
        params, states, and three numbers: the loss before the step, the gradient's norm before clipping, ‖Δθ‖ / ‖θ‖.
    """
    model: Any = experiment.model
    loss: Any = experiment.loss
    penalty: Any = experiment.penalty
    output, cache = model.forward(params, x)
    value = float(loss.value(output, y))
    grads = model.backward(params, cache, loss.grad(output, y))
    if penalty is not None:
        value += sum(float(penalty.value(param)) for param in params.values())
        grads = {name: grad + penalty.grad(params[name]) for name, grad in grads.items()}
    grad_norm = global_norm(grads)
    if experiment.clipping is not None:
        grads = experiment.clipping.apply(grads)
    moved, after = updated(experiment.optimizer, grads, states, params, lr)
    if experiment.projection is not None:
        project = experiment.projection.project
        moved = {name: project(param) if param.ndim >= 2 else param for name, param in moved.items()}
    distance = global_norm({name: moved[name] - param for name, param in params.items()})
    return moved, after, (value, grad_norm, float(np.divide(distance, global_norm(params))))


def check_parts(experiment: Experiment) -> None:
    """Raise if a part of the experiment needs torch, or a device that NumPy does not have."""
    if experiment.device not in ("auto", "cpu"):
        raise ValueError(f"device must be 'auto' or 'cpu', since NumPy runs on the CPU, got {experiment.device!r}.")
    if experiment.loop != Loop():
        raise TypeError(f"loop must be Loop() for a NumPy model, since any other is torch's, got {experiment.loop!r}.")
    if hasattr(experiment.optimizer, "rule_of"):
        raise TypeError(f"optimizer must be one rule for a NumPy model, got {experiment.optimizer!r}.")
    for name, method in NEEDED.items():
        if getattr(experiment, name) is not None:
            checks.has_method(f"{name} of a NumPy model", getattr(experiment, name), method)


def check_params(model: Any, params: Any) -> None:
    """Raise unless ``params`` is a dict of floating NumPy arrays; the model itself checks names and shapes."""
    if not isinstance(params, dict):
        raise TypeError(
            f"model must be a dict of parameters, as {model!r} gives them by init(), got {type(params).__name__}."
        )
    for name, param in params.items():
        if not isinstance(param, np.ndarray):
            raise TypeError(f"model[{name!r}] must be a NumPy array, got {type(param).__name__}.")
        checks.floating(np, **{f"model[{name!r}]": param})
