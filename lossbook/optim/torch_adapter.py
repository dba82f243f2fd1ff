"""Our rules inside an ordinary PyTorch training loop, and torch's own optimisers inside an ``Experiment``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

import torch

from lossbook.optim.base import LearningRate, Rule

CHUNK = 1 << 17  # elements: three float32 arrays of this size stay in a core's cache


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
        super().__init__(params, {field.name: getattr(rule, field.name) for field in fields(rule)})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One update of every parameter that has a gradient; returns the closure's loss, if one is given."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            rule = replace(self.rule, **{field.name: group[field.name] for field in fields(self.rule)})
            for param in group["params"]:
                if param.grad is not None:
                    self._step_one(rule, param)
        return loss

    def _step_one(self, rule: Rule, param: torch.Tensor) -> None:
        """Feed the rule with pieces of the parameter that fit into the cache, and keep what it returns."""
        state_type = type(rule.init(param.new_empty(0)))
        state = self.state[param]
        if not state:
            state.update(rule.init(param)._asdict())
        names = [name for name, value in state.items() if isinstance(value, torch.Tensor)]
        whole = [param, param.grad, *(state[name] for name in names)]
        numbers = {name: value for name, value in state.items() if name not in names}
        for p, grad, *arrays in _pieces(whole):
            delta, new = rule.update(grad, state_type(**numbers, **dict(zip(names, arrays, strict=True))), p)
            p += delta
            for name, array in zip(names, arrays, strict=True):
                array.copy_(getattr(new, name))
        state.update((name, getattr(new, name)) for name in numbers)


def _pieces(tensors: list[Any]) -> Iterable[tuple[torch.Tensor, ...]]:
    """The same flat slices of all tensors, as views; the tensors as they are if one is small or has gaps."""
    if tensors[0].numel() <= CHUNK or not all(tensor.is_contiguous() for tensor in tensors):
        return [tuple(tensors)]
    return zip(*(tensor.view(-1).split(CHUNK) for tensor in tensors), strict=True)


@dataclass(frozen=True)
class TorchTwin:
    """torch's own version of ``rule``, as an experiment's optimizer: the run that ours is compared with."""

    rule: Rule

    @property
    def lr(self) -> LearningRate:
        return self.rule.lr


def make_optimizer(rule: Rule | TorchTwin, params: Iterable[Any]) -> torch.optim.Optimizer:
    """The torch optimiser that an experiment's ``optimizer`` stands for."""
    params = list(params)
    return rule.rule.to_torch(params) if isinstance(rule, TorchTwin) else TorchOptimizer(params, rule)
