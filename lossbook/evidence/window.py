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
from lossbook.evidence.tape import UNKNOWN, Ref, Tape

LOSSES = frozenset(
    getattr(F, name)
    for name in (
        *("cross_entropy", "nll_loss", "mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "kl_div"),
        *("binary_cross_entropy", "binary_cross_entropy_with_logits", "poisson_nll_loss", "soft_margin_loss"),
        *("hinge_embedding_loss", "multi_margin_loss", "multilabel_margin_loss", "multilabel_soft_margin_loss"),
    )
)
MOST_CALLS = 4  #: of the model in one step, which are kept together
MOST_FOREIGN = 8  #: tensors from elsewhere that are looked at as a target


class Call(NamedTuple):
    """A call of a loss with an output of the model."""

    function: Any  #: one of :data:`LOSSES`; None: the module that was given as ``loss_fn``
    place: int | None  #: which leaf of the output it got; None: the output itself
    target: Any
    more: dict[str, Any]  #: its other arguments
    value: Any  #: what it gave: a float, or a tensor of one on a device


class Window:
    """What a forward pass got and gave. It holds the tensors themselves, until the next one."""

    def __init__(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], *, training: bool, drawn: int, steps: int
    ) -> None:
        self.args, self.kwargs, self.training, self.drawn = args, kwargs, training, drawn
        self.steps = steps  #: that were done before it
        #: calls of the model in the same step, on whose outputs the loss may hang as well
        self.earlier: tuple[Window, ...] = ()
        self.copies: tuple[Any, ...] | None = None  #: of args and kwargs, before the pass, if they are kept
        self.output: Any = None
        self.places: dict[int, int] = {}  #: id of a tensor of the output -> which leaf it is
        self.foreign: list[Tensor] = []  #: tensors used after the pass that come from elsewhere: the target, perhaps
        self.called: Call | None = None
        self.followed = False  #: a backward pass came
        self.tape: Tape | None = None  #: of what follows the pass, if it is wanted
        self.end = UNKNOWN  #: what backward() ran on
        #: by id, which is given to others once a tensor is no more
        self._known: dict[int, tuple[weakref.ref[Tensor], Ref]] = {}

    def follows(self, other: Window) -> None:
        """The model was called once more before a backward pass: what is known of the other call goes on."""
        self.earlier = (*other.earlier, other)
        self._known = other._known

    def can_follow(self, other: Window) -> bool:
        """Whether a loss may hang on both outputs, and both calls can be made again from what they got.

        They cannot if this call got something that was made of the other one's output, such as the state of a cell.
        """
        if other.followed or other.output is None or other.copies is None or other.steps != self.steps:
            return False
        given = [each for each in tensors((self.args, self.kwargs)) if each.requires_grad]
        made_of_it = any(other.ref_of(each).kind in ("output", "result") for each in given)
        return not made_of_it and len(other.earlier) + 1 < MOST_CALLS

    def ends(self, output: Any) -> None:
        """The forward pass gave this."""
        self.output = output
        self.places = {id(leaf): place for place, leaf in enumerate(leaves(output)) if isinstance(leaf, Tensor)}
        for kind, value in (("input", (self.args, self.kwargs)), ("output", output)):
            for place, leaf in enumerate(leaves(value)):
                if isinstance(leaf, Tensor):
                    self._knows(leaf, Ref(kind, place, call=len(self.earlier)))

    def sees(self, function: Callable[..., Any], args: Any, kwargs: Any, result: Any) -> None:
        """After the forward pass, and before its backward pass, a function of torch was called."""
        if self.followed:
            return
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
            known = self.ref_of(each)
            is_others = known.kind in ("foreign", "input") and known.call != len(self.earlier)  # an earlier call's
            if not is_others and self._known.get(id(each), (lambda: None,))[0]() is each:
                continue
            is_new = not each.requires_grad and len(self.foreign) < MOST_FOREIGN and not is_batched(each)
            self._knows(each, Ref("foreign", len(self.foreign), call=len(self.earlier)) if is_new else UNKNOWN)
            if is_new:
                self.foreign.append(each)
        if given:  # what it gives is made of others, not drawn or read
            place = self.tape.note(function, args, kwargs, self.ref_of) if self.tape is not None else None
            for leaf, each in enumerate(leaves(result)):
                if isinstance(each, Tensor):
                    self._knows(each, UNKNOWN if place is None else Ref("result", place, leaf))

    def ref_of(self, tensor: Tensor | None) -> Ref:
        """Where a tensor comes from."""
        known, ref = self._known.get(id(tensor), (lambda: None, UNKNOWN))
        return ref if known() is tensor else UNKNOWN

    def _knows(self, tensor: Tensor, ref: Ref) -> None:
        self._known[id(tensor)] = weakref.ref(tensor), ref

    def sees_module(self, args: Any, kwargs: Any, result: Any) -> None:
        """The module that was given as ``loss_fn`` was called."""
        inputs = [*args, *kwargs.values()]
        through = any(each.requires_grad for each in tensors(inputs[1:]))  # a loss of several outputs
        if len(inputs) >= 2 and not through and (inputs[0] is self.output or id(inputs[0]) in self.places):
            target = inputs[1] if len(inputs) == 2 else tuple(inputs[1:])
            self.called = Call(None, self._place(inputs[0]), target, {}, plain(result))

    def _place(self, tensor: Any) -> int | None:
        return None if tensor is self.output else self.places[id(tensor)]


def is_batched(tensor: Tensor) -> bool:
    """It stands for others within ``torch.func`` or ``torch.export``, and is nothing outside."""
    return torch._C._functorch.is_functorch_wrapped_tensor(tensor) or isinstance(tensor, FakeTensor)
