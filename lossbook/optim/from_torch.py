"""torch's own optimisers, with their own settings, in an ``Experiment``."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from lossbook import checks
from lossbook.optim.base import LearningRate, torch_optimizer
from lossbook.values import Value, same, shown

Settings = tuple[tuple[str, Any], ...]  #: (name, value) of each, in the order of the names


@dataclass(frozen=True, eq=False)
class FromTorch(Value):
    """A class of ``torch.optim`` and its settings, from which each run makes an optimiser of its own.

    ``Experiment(optimizer=torch.optim.SGD(model.parameters(), lr=0.1))`` makes one: the class, the settings and the
    parameter groups are taken; momenta and other state are not. An optimiser with a scheduler is refused.

    Args:
        kind: the class, as ``torch.optim.SGD``.
        lr: learning rate, a number or a schedule of :mod:`lossbook.schedules`; a schedule holds for all groups.
        settings: the other arguments of the class, as a dict.
        groups: parameter groups: pairs of the positions of the group's parameters among the model's, and a dict of the
            settings in which the group differs. None: one group of all parameters.

    Raises:
        ValueError: ``lr`` below 0; an optimiser that steps more than once on a batch.
        TypeError: ``kind`` is no class of optimisers; it does not take a setting.

    >>> import torch
    >>> FromTorch(torch.optim.SGD, lr=0.1, settings={"momentum": 0.9})
    FromTorch(SGD, lr=0.1, momentum=0.9)
    """

    kind: type
    lr: LearningRate
    settings: Any = ()
    groups: tuple[tuple[tuple[int, ...], Any], ...] | None = None

    def __post_init__(self) -> None:
        import torch

        if not isinstance(self.kind, type) or not issubclass(self.kind, torch.optim.Optimizer):
            raise TypeError(f"kind must be a class of torch's optimisers, as torch.optim.SGD, got {shown(self.kind)}.")
        if issubclass(self.kind, torch.optim.LBFGS):
            raise ValueError("optimizer must step once on a batch, got LBFGS, which calls a closure: take another one.")
        checks.learning_rate("lr", self.lr)
        object.__setattr__(self, "settings", _settings(self.settings))
        if self.groups is not None:
            groups = tuple((tuple(where), _settings(own)) for where, own in self.groups)
            object.__setattr__(self, "groups", groups)
        known = arguments(self.kind)
        for name in dict(self.settings):
            checks.one_of(f"settings of {self.kind.__name__}", name, known.keys() - {"lr"})

    def make(self, params: Iterable[Any]) -> Any:
        """An optimiser of these parameters, which are the model's in their order.

        Raises:
            ValueError: a group has a position beyond the last parameter.
        """
        params = list(params)
        if self.groups is None:
            return torch_optimizer(self.kind, params, self.lr, **dict(self.settings))
        most = max(max(where, default=0) for where, _ in self.groups)
        if most >= len(params):
            raise ValueError(f"groups must name parameters of the model, which has {len(params)}, got number {most}.")
        parts = [{"params": [params[i] for i in where], **dict(own)} for where, own in self.groups]
        return torch_optimizer(self.kind, parts, self.lr, **dict(self.settings))

    def with_lr(self, lr: LearningRate) -> FromTorch:
        """The same at another learning rate, a number or a schedule."""
        return replace(self, lr=lr)

    def scaled(self, factor: float) -> FromTorch:
        """The same with its learning rate, a number or a schedule, multiplied by ``factor``."""
        lr = self.lr
        if hasattr(lr, "scaled"):
            return self.with_lr(lr.scaled(factor))
        return self.with_lr((lambda step: factor * lr(step)) if callable(lr) else factor * lr)

    def __repr__(self) -> str:
        usual = arguments(self.kind)
        chosen = [("lr", self.lr), *((name, value) for name, value in self.settings if not same(value, usual[name]))]
        knobs = [f"{name}={shown(value)}" for name, value in chosen]
        groups = [] if self.groups is None else [f"{len(self.groups)} groups"]
        return f"FromTorch({', '.join([self.kind.__name__, *knobs, *groups])})"


def adopted(optimizer: Any, params: list[Any] | None, *, itself: bool = True) -> FromTorch:
    """A ``FromTorch`` that makes this optimiser anew.

    Args:
        optimizer: an instance, of any class that takes its settings as ``kind(params, **settings)``.
        params: the model's parameters in their order; None if they are not known.
        itself: whether ``params`` are the tensors that the optimiser was made for; False if they belong to a copy.

    Raises:
        ValueError: a scheduler or a hook is attached to it; it trains other parameters than the model's, or groups of
            parameters that cannot be found in the model.
        TypeError: the optimiser cannot be made anew.
    """
    kind, groups = type(optimizer), optimizer.param_groups
    attached = any("initial_lr" in group for group in groups) or "step" in vars(optimizer)
    if attached or optimizer._optimizer_step_post_hooks or optimizer._optimizer_step_pre_hooks:
        raise ValueError(
            f"optimizer must have no scheduler and no hook, which a copy would not have, got {kind.__name__} with one: "
            "give it without, then set lossbook.replace_at(experiment, 'optimizer.lr', lossbook.schedules.Cosine(...))."
        )
    told = [{name: _plain(value) for name, value in group.items() if name not in NO_SETTINGS} for group in groups]
    if any("lr" not in settings for settings in told):
        raise TypeError(f"optimizer must have a learning rate, lr, in each group, got {kind.__name__} without.")
    known, places = arguments(kind), _places(groups, params, itself)
    common = {name: value for name, value in told[0].items() if name in known}
    groups_own = []
    for each in told:
        by_kind = optimizer.defaults.keys() - known.keys()  # what the class itself puts into each group
        groups_own.append({name: value for name, value in each.items() if name not in by_kind | _alike(each, common)})
    lr = common.pop("lr")
    made = FromTorch(kind, lr, common, None if places is None else tuple(zip(places, groups_own, strict=True)))
    try:
        anew = made.make(params if params is not None and itself else groups[0]["params"]).param_groups
    except Exception as error:  # a user's class may raise anything
        raise TypeError(_not_made(kind, " ".join(str(error).split()))) from error
    for one, each in zip(anew, told, strict=True):
        for name in each.keys() - _alike(each, {name: _plain(value) for name, value in one.items()}):
            raise TypeError(_not_made(kind, f"{name} would be {one.get(name)!r}, not {each[name]!r}"))
    return made


def _alike(one: dict[str, Any], other: dict[str, Any]) -> set[str]:
    """The names of the settings that are the same in both."""
    return {name for name in one.keys() & other.keys() if same(one[name], other[name])}


NO_SETTINGS = ("params", "param_names")  #: the entries of a parameter group that say which parameters it has


def arguments(kind: type) -> dict[str, Any]:
    """name -> default of the settings that a class of optimisers takes."""
    return {name: each.default for name, each in inspect.signature(kind).parameters.items() if name != "params"}


def _places(groups: list[dict[str, Any]], params: list[Any] | None, itself: bool) -> list[tuple[int, ...]] | None:
    """The positions of each group's parameters among the model's; None if one group has all."""
    held = [param for group in groups for param in group["params"]]
    position = {id(param): index for index, param in enumerate(params or ())}
    if all(id(param) in position for param in held):
        places = [tuple(position[id(param)] for param in group["params"]) for group in groups]
        return None if places == [tuple(range(len(position)))] else places
    alike = params is None or [param.shape for param in held] == [param.shape for param in params]
    if len(groups) == 1 and alike and not itself:
        return None
    raise ValueError(
        "optimizer must hold parameters of the module that is given as model, got others: write lossbook.Experiment("
        "model=module, optimizer=torch.optim.SGD(module.parameters(), lr=0.1), ...)."
    )


def _not_made(kind: type, reason: str) -> str:
    return f"optimizer must be one that {kind.__name__}(params, **settings) makes, got another ({shown(reason, 120)})."


def _plain(value: Any) -> Any:
    """A setting; a tensor of one number becomes a Python number."""
    return value.item() if hasattr(value, "item") else value


def _settings(given: Any) -> Settings:
    return tuple(sorted(dict(given).items()))
