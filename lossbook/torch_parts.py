"""Torch's own modules, losses, optimisers and loaders as parts of an ``Experiment``."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

WAYS_ON = {  # field of an experiment -> what it takes besides lossbook's own objects
    "data": "Arrays are taken as data=(train_x, train_y, val_x, val_y), loaders as data=(train_loader, val_loader).",
    "model": "A torch module is taken as it is: model=net.",
    "loss": "A torch loss or a function is taken as it is: loss=torch.nn.CrossEntropyLoss().",
    "optimizer": "One of torch's is taken as it is: optimizer=torch.optim.SGD(net.parameters(), lr=0.1).",
}


def adapted(parts: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    """The fields of an experiment that hold torch's objects, arrays or functions, as the objects that it works with.

    Args:
        parts: field -> value.
        defaults: field -> default value.

    Raises:
        ValueError, TypeError: a value that cannot be taken; the message shows a line that works.
    """
    found = dict(_functions(parts))
    data = _data(parts["data"])
    if data is not parts["data"]:
        found |= {"data": data} | _batches(parts, defaults)
    if (torch := sys.modules.get("torch")) is None:  # then no part can be torch's
        return found
    if isinstance(parts["model"], torch.nn.Module):
        from lossbook.models.from_torch import FromTorch

        found["model"] = FromTorch(parts["model"])
    optimizer = parts["optimizer"]
    if isinstance(optimizer, type) and issubclass(optimizer, torch.optim.Optimizer):
        name = optimizer.__name__
        raise TypeError(
            f"optimizer must be an object, got the class {name}: write torch.optim.{name}(net.parameters(), lr=0.1), "
            "with the module that is the model."
        )
    if isinstance(optimizer, torch.optim.Optimizer):
        found["optimizer"] = _optimizer(optimizer, parts["model"])
    return found


def _functions(parts: dict[str, Any]) -> Any:
    for name in ("loss", "reference", "metric"):
        part = parts[name]
        if callable(part) and not hasattr(part, "value") and not isinstance(part, type):
            from lossbook.losses.from_torch import FromTorch

            yield name, FromTorch(part)


def _optimizer(optimizer: Any, model: Any) -> Any:
    from torch import nn

    from lossbook.models.from_torch import FromTorch as Module
    from lossbook.optim.from_torch import adopted
    from lossbook.optim.torch_adapter import TorchOptimizer

    if isinstance(optimizer, TorchOptimizer):
        (group, *others) = optimizer.param_groups
        if others:
            raise ValueError(
                f"optimizer must have one group of parameters, got {1 + len(others)}: give its rule itself."
            )
        return replace(optimizer.rule, **{name: group[name] for name in vars(optimizer.rule)})
    itself = isinstance(model, nn.Module)
    module = model.module if isinstance(model, Module) else model if itself else None
    return adopted(optimizer, None if module is None else list(module.parameters()), itself=itself)


def _data(data: Any) -> Any:
    """``data`` as an object with ``load()``."""
    from lossbook.data.arrays import Arrays

    if isinstance(data, (tuple, list)):
        parts = list(data)
        if len(parts) == 2 and all(isinstance(pair, (tuple, list)) and len(pair) == 2 for pair in parts):
            parts = [*parts[0], *parts[1]]
        if len(parts) == 2 and all(map(_is_source, parts)):
            from lossbook.data.from_torch import FromTorch

            return FromTorch(*parts)
        if len(parts) in (4, 6):
            return Arrays(*parts)
        raise TypeError(
            f"data must have a held-out part, got a {type(data).__name__} of {len(parts)}: write "
            "data=(train_x, train_y, val_x, val_y); of one x and one y, data=(x[:n], y[:n], x[n:], y[n:])."
        )
    if _is_source(data):
        raise TypeError(
            f"data must have a held-out part, got {type(data).__name__} alone: write data=(train_loader, val_loader); "
            "of one dataset, data=torch.utils.data.random_split(dataset, [0.8, 0.2])."
        )
    return data


def _batches(parts: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    """The settings by which a training loader makes its batches; those of the experiment must not contradict them."""
    if not _is_source(train := parts["data"][0]):
        return {}
    from lossbook.data.from_torch import loader_settings

    told = {name: value for name, value in loader_settings(train).items() if name in parts}
    for name, value in told.items():
        if parts[name] not in (value, defaults[name]):
            raise ValueError(
                f"{name} must be that of the training loader, {value!r}, got {parts[name]!r}: write {name}={value!r}."
            )
    return told


def _is_source(value: Any) -> bool:
    if "torch.utils.data" not in sys.modules:
        return False
    from lossbook.data.from_torch import is_source

    return is_source(value)
