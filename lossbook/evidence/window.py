"""One forward pass, and what followed until its backward pass: who was the target, and what is the loss?"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor
from torch.nn import functional as F

from lossbook.evidence.numbers import plain
from lossbook.evidence.structure import leaves, tensors

LOSSES = frozenset(
    getattr(F, name)
    for name in (
        *("cross_entropy", "nll_loss", "mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "kl_div"),
        *("binary_cross_entropy", "binary_cross_entropy_with_logits", "poisson_nll_loss", "soft_margin_loss"),
        *("hinge_embedding_loss", "multi_margin_loss", "multilabel_margin_loss", "multilabel_soft_margin_loss"),
    )
)
MOST_FOREIGN = 4  #: tensors from elsewhere that are looked at as a target


class Call(NamedTuple):
    """A call of a loss with an output of the model."""

    function: Any  #: one of :data:`LOSSES`; None: the module that was given as ``loss_fn``
    place: int | None  #: which leaf of the output it got; None: the output itself
    target: Any
    more: dict[str, Any]  #: its other arguments
    value: Any  #: what it gave: a float, or a tensor of one on a device


class Window:
    """What a forward pass got and gave. It holds the tensors themselves, until the next one."""

    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any], *, training: bool, drawn: int) -> None:
        self.args, self.kwargs, self.training, self.drawn = args, kwargs, training, drawn
        self.copies: tuple[Any, ...] | None = None  #: of args and kwargs, before the pass, if they are kept
        self.output: Any = None
        self.places: dict[int, int] = {}  #: id of a tensor of the output -> which leaf it is
        self.foreign: list[Tensor] = []  #: tensors used after the pass that come from elsewhere: the target, perhaps
        self.called: Call | None = None
        self.followed = False  #: a backward pass came
        self._known: dict[int, weakref.ref[Tensor]] = {}  # by id, which is given to others once a tensor is no more

    def ends(self, output: Any) -> None:
        """The forward pass gave this."""
        self.output = output
        self.places = {id(leaf): place for place, leaf in enumerate(leaves(output)) if isinstance(leaf, Tensor)}
        for each in tensors((output, self.args, self.kwargs)):
            self._knows(each)

    def sees(self, function: Callable[..., Any], args: Any, kwargs: Any, result: Any) -> None:
        """After the forward pass, a function of torch was called."""
        if function in LOSSES:
            names = dict(zip(("input", "target"), args, strict=False)) | kwargs
            through = any(each.requires_grad for each in tensors(names.get("target")))  # a loss of two outputs
            if id(names.get("input")) in self.places and not through:
                more = {name: value for name, value in kwargs.items() if name not in ("input", "target")}
                self.called = Call(function, self._place(names["input"]), names.get("target"), more, plain(result))
        given = [*args, *kwargs.values()]
        given = [each for value in given for each in (value if isinstance(value, (tuple, list)) else (value,))]
        given = [each for each in given if isinstance(each, Tensor)]
        for each in given:
            known = self._known.get(id(each))
            is_new = (known is None or known() is not each) and not each.requires_grad
            if is_new and len(self.foreign) < MOST_FOREIGN and not is_batched(each):
                self.foreign.append(each)
            self._knows(each)
        if given and isinstance(result, Tensor):  # made of others, not drawn or read
            self._knows(result)

    def _knows(self, tensor: Tensor) -> None:
        self._known[id(tensor)] = weakref.ref(tensor)

    def sees_module(self, args: Any, kwargs: Any, result: Any) -> None:
        """The module that was given as ``loss_fn`` was called."""
        inputs = [*args, *kwargs.values()]
        if len(inputs) == 2 and (inputs[0] is self.output or id(inputs[0]) in self.places):
            self.called = Call(None, self._place(inputs[0]), inputs[1], {}, plain(result))

    def _place(self, tensor: Any) -> int | None:
        return None if tensor is self.output else self.places[id(tensor)]


def is_batched(tensor: Tensor) -> bool:
    """It stands for others within ``torch.func`` or ``torch.export``, and is nothing outside."""
    return torch._C._functorch.is_functorch_wrapped_tensor(tensor) or isinstance(tensor, FakeTensor)
