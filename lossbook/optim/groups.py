"""Parameter groups: other settings for some of the parameters, such as no weight decay on biases."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from fnmatch import fnmatchcase
from typing import Any, Self

from lossbook import checks
from lossbook.checks import Array
from lossbook.optim.base import LearningRate, Rule
from lossbook.optim.torch_adapter import TorchOptimizer


@dataclass(frozen=True)
class Groups:
    """An update rule for most parameters, and other rules of the same class for parameters with certain names.

    Args:
        rule: the rule for all parameters that no pattern fits.
        others: pairs of a pattern and a rule. In a pattern ``*`` stands for any characters, as in a shell; the first
            one that fits a parameter's name counts.

    Raises:
        ValueError: rules of several classes.
        TypeError: a value of another type.

    >>> from lossbook.optim import Adam
    >>> groups = Groups(Adam(lr=0.001, weight_decay=0.1), others=(("*.bias", Adam(lr=0.001)),))
    >>> groups.rule_of("3.bias").weight_decay, groups.rule_of("3.weight").weight_decay
    (0.0, 0.1)

    Differs from torch: the names in the model decide which parameters form a group; torch takes a list of them.
    """

    rule: Rule
    others: tuple[tuple[str, Rule], ...] = ()

    def __post_init__(self) -> None:
        checks.update_rule("rule", self.rule)
        for index, pair in enumerate(self.others):
            checks.pair(f"others[{index}]", pair)
            pattern, rule = pair
            if not isinstance(pattern, str):
                raise TypeError(f"others[{index}] must begin with a pattern of names, as '*.bias', got {pattern!r}.")
            checks.update_rule(f"others[{index}]", rule)
            if type(rule) is not type(self.rule):
                kinds = f"{type(self.rule).__name__} and {type(rule).__name__}"
                raise ValueError(f"others must hold rules of the same class as rule, got {kinds}.")

    @property
    def lr(self) -> LearningRate:
        """The learning rate of most parameters, which ``History.lr`` records."""
        return self.rule.lr

    def with_lr(self, lr: LearningRate) -> Self:
        """The same with another learning rate, a number or a schedule, for all parameters."""
        return replace(self, rule=self.rule.with_lr(lr), others=tuple((p, r.with_lr(lr)) for p, r in self.others))

    def scaled(self, factor: float) -> Self:
        """The same with every learning rate times ``factor``."""
        others = tuple((pattern, rule.scaled(factor)) for pattern, rule in self.others)
        return replace(self, rule=self.rule.scaled(factor), others=others)

    def rule_of(self, name: str) -> Rule:
        """The rule for the parameter of this name."""
        return next((rule for pattern, rule in self.others if fnmatchcase(name, pattern)), self.rule)

    def init(self, param: Array) -> Any:
        """The state before the first step; it is the same for all rules of a class."""
        return self.rule.init(param)

    def named(self, params: Iterable[tuple[str, Any]]) -> TorchOptimizer:
        """The torch optimiser of these parameters, given with their names: a group for each rule that is used.

        Raises:
            ValueError: a pattern that fits no parameter.
        """
        params = list(params)
        for pattern, _ in self.others:
            if not any(fnmatchcase(name, pattern) for name, _ in params):
                names = ", ".join(name for name, _ in params)
                raise ValueError(f"others must fit the name of a parameter, got {pattern!r} for {names}.")
        held: dict[Rule, list[Any]] = {}
        for name, param in params:
            held.setdefault(self.rule_of(name), []).append(param)
        first = sorted(held, key=lambda rule: rule != self.rule)  # the group whose rate is recorded comes first
        return TorchOptimizer([{"params": held[rule], **_settings(rule)} for rule in first], self.rule)


def _settings(rule: Rule) -> dict[str, Any]:
    return {field.name: getattr(rule, field.name) for field in fields(rule)}
