"""Our rules inside an ordinary PyTorch training loop, and torch's own optimisers inside an ``Experiment``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

import torch

from lossbook.optim.base import LearningRate, Rule
from lossbook.optim.chunks import step_in_place


class TorchOptimizer(torch.optim.Optimizer):
    """Any rule of ``lossbook.optim`` as a real ``torch.optim.Optimizer``.

    Args:
        params: tensors, or dicts of parameter groups, as for any torch optimiser. A group may override a field of the
            rule by its name.
        rule: the update rule.

    The group's entries are the rule's fields, so that ``torch.optim.lr_scheduler`` finds its ``lr``; the state is
    saved and loaded by ``state_dict`` as torch's own is.

    >>> from lossbook.optim import Adam
    >>> weight = torch.nn.Parameter(torch.ones(3))
    >>> optimizer = TorchOptimizer([weight], Adam(lr=0.1))
    >>> (weight**2).sum().backward()
    >>> optimizer.step()
    >>> weight.tolist()
    [0.8999999761581421, 0.8999999761581421, 0.8999999761581421]
    """

    def __init__(self, params: Iterable[Any], rule: Rule) -> None:
        self.rule = rule
        self._knobs = {field.name: getattr(rule, field.name) for field in fields(rule)}
        self._state = type(rule.init(torch.empty(0)))
        super().__init__(params, dict(self._knobs))

    def __getstate__(self) -> dict[str, Any]:  # for copy and pickle; torch's own forgets what a subclass adds
        return super().__getstate__() | {"rule": self.rule, "_knobs": self._knobs, "_state": self._state}

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One update of every parameter that has a gradient; returns the closure's loss, if one is given."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            knobs = {name: group[name] for name in self._knobs}
            rule = self.rule if knobs == self._knobs else replace(self.rule, **knobs)
            for param in group["params"]:
                if param.grad is None:
                    continue
                state = self._state(**self.state[param]) if self.state[param] else rule.init(param)
                self.state[param] = step_in_place(rule, param.grad, state, param)._asdict()
        return loss


@dataclass(frozen=True)
class TorchTwin:
    """torch's own version of ``rule``, as an experiment's optimizer: the run that ours is compared with."""

    rule: Rule

    @property
    def lr(self) -> LearningRate:
        return self.rule.lr


def make_optimizer(rule: Any, params: Iterable[Any]) -> torch.optim.Optimizer:
    """The torch optimiser that an experiment's ``optimizer`` stands for."""
    params = list(params)
    if hasattr(rule, "make"):  # it makes one of torch's itself, as ``FromTorch``
        return rule.make(params)
    return rule.rule.to_torch(params) if isinstance(rule, TorchTwin) else TorchOptimizer(params, rule)
