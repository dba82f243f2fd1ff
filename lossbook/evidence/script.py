"""A step of a loop told as a whole: each call of the model, what is made of its output, and who gets that.

A loss that hangs on one output is a function of output and target. It is not where a later call of the model gets what
an earlier one gave, as a cell that is called for each place, or where the loss holds the output's gradient with respect
to the input. There a copy repeats all lines in their order.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from lossbook.evidence.retelling import SHAPING, for_another_size
from lossbook.evidence.snapshot import parts, unwrapped
from lossbook.evidence.structure import leaves, mapped, tensors
from lossbook.evidence.tape import Called, Model, Ref, made_by

PartOf = Callable[[Model], Callable[..., Any]]


class Script:
    """The lines of a step. It is no dataclass, so that nothing looks for tensors within it.

    Args:
        calls: those that make the loss, by their places on the tape, in their order.
        end: the loss.
        given: the tensor of the batch, by its place among all, that stands for each ``Ref`` that is not made.
        wanted: the places of those that require a gradient.
        inputs: how many of them are the model's.
        size: examples of the batch.
        constants: numbers.
    """

    def __init__(
        self,
        calls: dict[int, Called],
        end: Ref,
        given: dict[Ref, int],
        wanted: frozenset[int],
        inputs: int,
        size: int,
        constants: dict[Ref, Tensor],
    ) -> None:
        self.calls, self.end, self.given, self.wanted = calls, end, given, wanted
        self.inputs, self.size, self.constants = inputs, size, constants
        self.models = [place for place, call in calls.items() if isinstance(call.function, Model)]
        self._for_models = made_by(calls, self.models)
        #: the loop uses weights besides the calls of the model
        self.uses_weights = any(ref.kind == "parameter" for call in calls.values() for ref in call.needs)
        self.differentiates = any(call.function is torch.autograd.grad for call in calls.values())

    def is_like(self, other: Script) -> bool:
        """They do the same, whatever the tensors of their batches are."""
        if self.constants or other.constants:
            return False
        one, two = ((each.calls, each.end, each.given, each.wanted, each.inputs, each.size) for each in (self, other))
        try:
            return bool(one == two)
        except (RuntimeError, ValueError):  # arrays among the arguments
            return False

    def outputs(self, model: nn.Module, inputs: tuple[Tensor, ...]) -> Any:
        """What the model gives; a tuple if it is called often."""
        given = _parts_of(model), _weights_of(model), inputs
        found = [results for _, results in self._run(*given, self._for_models)[1].values()]
        return found[0] if len(found) == 1 else tuple(found)

    def loss(self, model: nn.Module | PartOf, inputs: tuple[Tensor, ...], target: Any) -> Tensor:
        """The loss of a batch, of a model or of what stands for its parts; what the functions raise, it raises."""
        given = (_parts_of(model), _weights_of(model)) if isinstance(model, nn.Module) else (model, [])
        rest = () if target is None else target if isinstance(target, tuple) else (target,)
        loss: Tensor = self._run(*given, (*inputs, *rest), set(self.calls))[0](self.end)
        return loss if torch.is_grad_enabled() else loss.detach()

    def _run(
        self, part_of: PartOf, weights: list[nn.Parameter], batch: tuple[Tensor, ...], places: set[int]
    ) -> tuple[Any, dict[int, Any]]:
        """The lines at these places. Returns a function that gives a tensor, and the outputs, by call."""
        size = next((len(each) for each in tensors(batch) if each.ndim), self.size)
        given = [each.detach().requires_grad_() if i in self.wanted else each for i, each in enumerate(batch)]
        results, outputs = dict[int, list[Any]](), dict[int, tuple[list[Any], Any]]()

        def tensor(ref: Ref) -> Any:
            if ref in self.constants:
                return self.constants[ref]
            if ref in self.given:
                return given[self.given[ref]]
            if ref.kind == "parameter":
                return weights[ref.place]
            return outputs[ref.call][0][ref.place] if ref.kind == "output" else results[ref.place][ref.leaf]

        with torch.enable_grad() if self.differentiates else nullcontext():
            for place, call in self.calls.items():
                if place not in places or Ref("result", place) in self.given:
                    continue  # it is not wanted, or draws what is known
                args, kwargs = mapped(tensor, (call.args, call.kwargs), Ref)
                if isinstance(call.function, Model):
                    output = part_of(call.function)(*args, **kwargs)
                    outputs[call.function.call] = leaves(output), output
                    continue
                if size != self.size and getattr(call.function, "__name__", "") in SHAPING:
                    args = (args[0], *for_another_size(args[1:], self.size, size))
                results[place] = leaves(call.function(*args, **kwargs))
        return tensor, outputs


def _weights_of(model: nn.Module) -> list[nn.Parameter]:
    return list(unwrapped(model).parameters())


def _parts_of(model: nn.Module) -> PartOf:
    found = parts(model)
    return lambda called: model if called.root is None else found[called.root]
