"""What passes through a model on the way of a batch: the calls of its layers, and of torch's functions."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from lossbook.copying import copied_model
from lossbook.evidence import Batch
from lossbook.evidence.replay import quiet
from lossbook.evidence.structure import tensors


class Layer(NamedTuple):
    """One call of a function within a forward pass."""

    name: str  # of the module, or of torch's function
    before: Tensor
    after: Tensor
    units: int = -1  # the axis on which the units stand


CONVOLVES = ("convolution", "_convolution")  # torch's functions that give (N, units, ...)
MULTIPLIES = ("linear", "addmm", "mm", "bmm", "baddbmm", "matmul")  # and those that give (..., units)


class _Watch(TorchDispatchMode):
    """Notes every call of torch's functions of these names, whether a module or a line of forward makes it."""

    def __init__(self, *names: str) -> None:
        super().__init__()
        self.names, self.calls = names, list[Layer]()
        self.places, self.multiplied = list[int](), set[int]()  # memory of each result, and of what was multiplied
        self.width, self.convolved = (
            0,
            False,
        )  # of the last product with weights: its units, and whether they come second

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func.overloadpacket.__name__.rstrip("_")
        before = args[0].clone() if name in self.names else None
        after = func(*args, **(kwargs or {}))
        if name in CONVOLVES + MULTIPLIES:
            self.convolved = name in CONVOLVES
            self.width = after.shape[1 if self.convolved else -1]
            self.multiplied |= {_place(each) for each in args if isinstance(each, Tensor)}
        if before is not None:
            self.calls.append(Layer(name, before.detach(), after.detach().clone(), self._units(after)))
            self.places.append(_place(after))
        return after

    def _units(self, after: Tensor) -> int:
        """The axis as long as the last layer is wide; of two, the one where that layer has put its units."""
        fits = [axis for axis in range(1, after.ndim) if after.shape[axis] == self.width]
        first = self.convolved or (not fits and after.ndim > 3)
        return (fits or [1 if first else after.ndim - 1])[0 if first else -1]


def activations(model: nn.Module, batch: Batch, *names: str) -> list[Layer]:
    """The calls of the activations of these names on the way of a batch, in eval mode; the output's own is left out.

    Of an output of several tensors, so is that of each of them, unless it is multiplied with weights as well.
    """
    watch = _Watch(*names)
    output = _forward(copied_model(model), batch, watch)
    lasts, single = [each.detach().flatten() for each in tensors(output)], isinstance(output, Tensor)

    def is_last(call: Layer, place: int) -> bool:
        alike = any(torch.equal(call.after.flatten(), last) for last in lasts)
        return alike and (single or place not in watch.multiplied)

    return [call for call, place in zip(watch.calls, watch.places, strict=True) if not is_last(call, place)]


def layers(model: nn.Module, batch: Batch) -> list[Layer]:
    """The calls of the modules with a weight matrix on the way of a batch, in eval mode."""
    model, calls = copied_model(model), list[Layer]()

    def note(name: str, inputs: Any, output: Any) -> None:
        if isinstance(output, Tensor) and isinstance(inputs[0], Tensor) and inputs[0].is_floating_point():
            calls.append(Layer(name, inputs[0].detach(), output.detach()))

    for name, module in model.named_modules():
        if isinstance(getattr(module, "weight", None), Tensor) and module.weight.ndim > 1:
            module.register_forward_hook(lambda _, inputs, output, name=name: note(name, inputs, output))
    _forward(model, batch)
    return calls


def _place(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


def _forward(model: nn.Module, batch: Batch, watch: Any = None) -> Any:
    """The output in eval mode; with gradients, since without them torch takes short cuts past layers."""
    with quiet(model), torch.enable_grad(), watch or nullcontext():
        output = batch.output(model.eval())
    return output.detach() if isinstance(output, Tensor) else output
