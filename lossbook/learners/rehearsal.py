"""Before the first step: parts that do not fit together are refused by name, before any time is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from array_api_compat import to_device
from torch import nn

from lossbook.checks import Array
from lossbook.experiment import Experiment


def check_batches(experiment: Experiment, n: int) -> None:
    """Raise if n training examples make no batch."""
    if experiment.drop_last and n < experiment.batch_size:
        raise ValueError(
            f"batch_size must be at most the number of training examples, {n}, with drop_last, got "
            f"{experiment.batch_size}: no batch would be left."
        )


def placed(net: Any, device: torch.device, dtype: torch.dtype, *, given: bool) -> nn.Module:
    """A module on the device, its floating numbers in ``dtype``; complex ones stay complex.

    Raises:
        ValueError: its parameters are wider than ``dtype``, and would lose digits; or they have no shape yet, or there
            are none.
        TypeError: it is no module.
    """
    if not isinstance(net, nn.Module):
        raise TypeError(f"model.build() must give a torch module, got {net!r}.")
    params = dict(net.named_parameters())
    if not params:
        raise ValueError(f"model must have parameters to train, got {type(net).__name__} without any.")
    for name, param in params.items():
        if nn.parameter.is_lazy(param):
            raise ValueError(
                f"model must know the shapes of its parameters, got {name} without one: put one batch through it, "
                "model(x), and give it to run(experiment, model=model)."
            )
        asked = given or param.dtype != torch.get_default_dtype()  # else nobody asked for this dtype
        if asked and param.is_floating_point() and torch.finfo(param.dtype).bits > torch.finfo(dtype).bits:
            here, there = (str(each).removeprefix("torch.") for each in (param.dtype, dtype))
            raise ValueError(
                f"model must be no wider than the experiment's dtype, {there}, got {name} in {here}: write "
                f'replace(experiment, dtype="{here}"), or round it by model.to(torch.{there}).'
            )
    net.to(device)
    return net.double() if dtype == torch.float64 else net.float()


def check_values(experiment: Experiment, output: Array, data: dict[str, Array]) -> None:
    """Let the loss check the numbers that it will get, if it has a method for that."""
    if experiment.check_data and hasattr(experiment.loss, "check_values"):
        for target in (data["train_y"][: experiment.batch_size], data["train_y"], data["val_y"]):
            experiment.loss.check_values(output, to_device(target, "cpu"))


def rehearse(experiment: Experiment, output: Array, target: Array, held_out: Array, labels: Array) -> Any:
    """Put one batch through loss, metric and reference.

    Args:
        experiment: its loss, metric and reference are tried.
        output, target: a batch as the loss gets it in training.
        held_out, labels: a batch of held-out examples, as metric and reference get it.

    Returns:
        The value of the loss.

    Raises:
        ValueError: a part gives more than one number.
        TypeError: a part cannot take what it gets, or gives no number.
    """
    loss, metric, reference = experiment.loss, experiment.metric, experiment.reference
    value = attempt("loss", loss, output, lambda: loss.value(output, target))
    one_number("loss", loss, value)
    one_number("metric", metric, attempt("metric", metric, held_out, lambda: metric.value(held_out, labels)))
    if reference is not None:
        error = attempt("reference", reference, held_out, lambda: reference.value(held_out, labels))
        one_number("reference", reference, error)
    return value


def first_output(model: Any, use: Callable[[], Any], x: Array) -> Any:
    """The model's output for its first batch ``x``, computed by ``use()``.

    Raises:
        ValueError: the model cannot take it.
    """
    try:
        return use()
    except (MemoryError, ValueError, TypeError):  # the messages of the last two say what is wrong
        raise
    except Exception as error:
        if "out of memory" in str(error):
            raise
        raise ValueError(
            f"model must take the batches of the data, here of shape {tuple(x.shape)} and {x.dtype}, but "
            f"{type(model).__name__} raised {type(error).__name__}: {error}"
        ) from error


def attempt(name: str, part: Any, output: Array, use: Callable[[], Any]) -> Any:
    """The result of ``use()`` on ``output``; if that fails, an error that names the part of the experiment."""
    try:
        return use()
    except (AttributeError, TypeError, RuntimeError, IndexError) as error:
        takes = (
            "a NumPy model's arrays" if isinstance(output, np.ndarray) else f"outputs of shape {tuple(output.shape)}"
        )
        reason = f"{type(error).__name__}: {error}"
        raise TypeError(f"{name} must take {takes}, but {part!r} raised {reason}") from error


def one_number(name: str, part: Any, value: Any) -> None:
    """Raise unless ``value``, which ``part`` gives, is one number."""
    if shape := tuple(getattr(value, "shape", ())):
        raise ValueError(f"{name} must give one number, got {part!r}, which gives shape {shape}.")
    try:
        float(value.detach() if isinstance(value, torch.Tensor) else value)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must give one number, got {part!r}, which gives {value!r}.") from None
