"""One forward pass, and what followed until its backward pass: who was the target, and what is the loss?"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensor
from torch.nn import functional as F

from lossbook.evidence.numbers import plain
from lossbook.evidence.structure import leaves, mapped, tensors
from lossbook.evidence.tape import UNKNOWN, Called, Model, Ref, Tape

LOSSES = frozenset(
    getattr(F, name)
    for name in (
        *("cross_entropy", "nll_loss", "mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "kl_div"),
        *("binary_cross_entropy", "binary_cross_entropy_with_logits", "poisson_nll_loss", "soft_margin_loss"),
        *("hinge_embedding_loss", "multi_margin_loss", "multilabel_margin_loss", "multilabel_soft_margin_loss"),
    )
)
MOST_CALLS = 1000  #: of the model in one step, which are kept together, if their bytes allow it
CUTTING = frozenset(
    ("__getitem__", "narrow", "select", "index_select", "split", "chunk", "unbind")
)  #: they take a part
MOST_FOREIGN = 8  #: tensors from elsewhere that are looked at as a target


class Call(NamedTuple):
    """A call of a loss with an output of the model."""

    function: Any  #: one of :data:`LOSSES`; None: the module that was given as ``loss_fn``
    place: int | None  #: which leaf of the output it got; None: the output itself
    target: Any
    more: dict[str, Any]  #: its other arguments
    value: Any  #: what it gave: a float, or a tensor of one on a device


class Known(NamedTuple):
    """What is known of a tensor."""

    tensor: weakref.ref[Tensor]  #: its id is given to others once it is no more
    ref: Ref
    hangs: bool  #: on an output of the model
    is_told: bool  #: it is made of tensors that are known, by functions that are on the tape


class Window:
    """What a forward pass got and gave. It holds the tensors themselves, until the next one."""

    def __init__(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], *, training: bool, drawn: int, steps: int
    ) -> None:
        self.args, self.kwargs, self.training, self.drawn = args, kwargs, training, drawn
        self.steps = steps  #: that were done before it
        self.root: int | None = None  #: which part of a container was called
        #: calls of the model in the same step, on whose outputs the loss may hang as well
        self.earlier: tuple[Window, ...] = ()
        self.copies: tuple[Any, ...] | None = None  #: of args and kwargs, before the pass, if they are kept
        self.taken = 0  #: bytes of its copies
        self.output: Any = None
        self.kept_output: Any = None  #: a copy, of a call that another one follows
        self.places: dict[int, int] = {}  #: id of a tensor of the output -> which leaf it is
        self.before: list[Tensor] | None = []  #: the same before the first call; None: this window is of that alone
        self.foreign: list[Tensor] = []  #: tensors used after the pass that come from elsewhere: the target, perhaps
        self.drawn_values: dict[Ref, Tensor] = {}  #: random numbers that were drawn after the pass
        self.called: Call | None = None
        self.followed = False  #: a backward pass came
        self.is_within = False  #: it is of a pass within ``torch.func.grad``
        self.tape: Tape | None = None  #: of what follows the pass, if it is wanted
        #: of a parameter: "model" and its place there, "trained" or "other"
        self.role_of: Callable[[Tensor], tuple[str, int]] = lambda leaf: ("other", 0)
        self.end = UNKNOWN  #: what backward() ran on
        self._known: dict[int, Known] = {}  # by id

    def follows(self, other: Window) -> None:
        """The model was called once more before a backward pass: what is known of the other call goes on.

        Of the other call no tensor is held any longer, so that its graph can go where the loop lets go of it.
        """
        self.earlier = (*other.earlier, other)
        self._known, self.tape = other._known, other.tape
        other.args, other.kwargs, other.output, other.earlier = (), {}, None, ()

    @property
    def number(self) -> int:
        """Which call of the step it is; -1: what is before them."""
        return len(self.earlier) if self.before is not None else -1

    def goes_on(self, before: Window) -> None:
        """What was seen before the first call of a step is known."""
        self._known, self.tape, self.before = before._known, before.tape, before.foreign

    def can_follow(self, other: Window) -> bool:
        """Whether a loss may hang on both outputs, and both calls can be made again.

        What this call got may be made of the other one's output, such as the state of a cell, if it is known how.
        """
        if other.followed or other.output is None or other.copies is None or other.steps != self.steps:
            return False
        given = [each for each in tensors((self.args, self.kwargs)) if each.requires_grad]
        made_of_it = any(known.hangs for each in given if (known := other.known(each)) is not None)
        return (other.tape is not None or not made_of_it) and len(other.earlier) + 1 < MOST_CALLS

    def is_noted(self) -> None:
        """Write the call of the model down, once it is known which calls are before it."""
        if self.tape is None:
            return
        together = self.args, self.kwargs
        refs = [self._ref_of_argument(each, place) for place, each in enumerate(leaves(together))]
        left = iter([ref for ref in refs if ref is not None])
        args, kwargs = mapped(lambda _: next(left), together)
        needs = tuple(ref for ref in refs if ref is not None)
        pairs = zip(refs, leaves(together), strict=True)
        slopes = any(ref is not None and ref.kind != "input" and each.requires_grad for ref, each in pairs)
        self.tape.add(Called(Model(len(self.earlier), self.root, slopes), args, kwargs, needs))

    def _ref_of_argument(self, each: Any, place: int) -> Ref | None:
        """Where it comes from, if it must be made again; else its place among the arguments. None: no tensor."""
        if not isinstance(each, Tensor):
            return None
        known = self.known(each)
        inner = each.requires_grad and not each.is_leaf
        if known is None and inner:
            return UNKNOWN
        if known is not None and (known.hangs or (known.is_told and inner)):
            return known.ref
        return Ref("input", place, call=len(self.earlier))

    def ends(self, output: Any) -> None:
        """The forward pass gave this."""
        self.output = output
        self.places = {id(leaf): place for place, leaf in enumerate(leaves(output)) if isinstance(leaf, Tensor)}
        for kind, value in (("input", (self.args, self.kwargs)), ("output", output)):
            for place, leaf in enumerate(leaves(value)):
                if not isinstance(leaf, Tensor):
                    continue
                ref = self._ref_of_argument(leaf, place)
                if kind == "output" or (ref is not None and ref.kind == "input"):
                    self._knows(leaf, Ref(kind, place, call=len(self.earlier)), hangs=kind == "output")

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
        if not given:
            return  # what it gives is drawn or read
        found = [self.known(each) for each in given]
        hangs = any(known is not None and known.hangs for known in found)
        if not hangs and self._takes_rows(function, given, result):
            return  # the examples of this batch, out of a table: a tensor from elsewhere, when it is used
        for each, known in zip(given, found, strict=True):
            self._meets(each, known, hangs=hangs)
        found = [self.known(each) for each in given]
        hangs = any(known is not None and known.hangs for known in found)
        is_told = all(known is not None and known.is_told for known in found)
        noted = self.tape is not None and (hangs or is_told)
        place = self.tape.note(function, args, kwargs, self.ref_of) if noted and self.tape is not None else None
        for leaf, each in enumerate(leaves(result)):
            if not isinstance(each, Tensor):
                continue
            ref = UNKNOWN if place is None else Ref("result", place, leaf)
            self._knows(each, ref, hangs=hangs, is_told=is_told and (place is not None or self.tape is None))
            if place is not None and not each.requires_grad and self.tape.calls[place].draws:  # type: ignore[union-attr]
                self.drawn_values[ref] = each

    def _takes_rows(self, function: Any, given: list[Tensor], result: Any) -> bool:
        """Whether a function takes a row for each output from a longer table, as ``y[i : i + 32]`` does."""
        if getattr(function, "__name__", "") not in CUTTING or any(each.requires_grad for each in given):
            return False
        size = next((each.shape[0] for each in tensors(self.output) if each.ndim), 0)
        rows = any(each.ndim > 0 and len(each) == size for each in tensors(result))
        return rows and given[0].ndim > 0 and len(given[0]) > size

    def sees_before(self, function: Callable[..., Any], args: Any, kwargs: Any, result: Any) -> None:
        """The same before the first call of a step: only what must be made again is of interest."""
        if any(each.requires_grad and not each.is_leaf for each in tensors(result)):
            self.sees(function, args, kwargs, result)

    def _meets(self, each: Tensor, known: Known | None, *, hangs: bool) -> None:
        """A tensor that a function got, alone or together with one that hangs on an output."""
        if known is not None:
            is_others = known.ref.kind in ("foreign", "input") and known.ref.call != self.number
            if not is_others and (known.hangs or known.is_told or not hangs):
                return
        role, place = self._role_of(each, known)
        is_new = role == "other" and len(self.foreign) < MOST_FOREIGN and not self._is_nothing_outside(each)
        ref = Ref("foreign", len(self.foreign), call=self.number) if is_new else UNKNOWN
        ref = Ref("parameter", place) if role == "model" else ref
        self._knows(each, ref, hangs=role in ("model", "unseen"), is_told=ref != UNKNOWN)
        if self.tape is not None and hangs and role == "trained":
            self.tape.met_others = True
        if is_new:
            self.foreign.append(each)

    def _role_of(self, each: Tensor, known: Known | None) -> tuple[str, int]:
        """Whose it is: "model", "trained", "other", or "unseen", if it may be made of anything; and its place."""
        if not each.requires_grad:
            return "other", 0
        if not each.is_leaf:  # made of another net's weights, it is a number like others here
            if known is not None and self.tape is not None:
                self.tape.met_numbers = True
            return ("unseen" if known is None else "other"), 0
        role, place = self.role_of(each)
        return ("trained" if role == "other" and isinstance(each, nn.Parameter) else role), place

    def _is_nothing_outside(self, each: Tensor) -> bool:
        return is_batched(each) and not (self.is_within and torch._C._functorch.is_gradtrackingtensor(each))

    def known(self, tensor: Tensor | None) -> Known | None:
        """What is known of a tensor."""
        known = self._known.get(id(tensor))
        return known if known is not None and known.tensor() is tensor else None

    def ref_of(self, tensor: Tensor | None) -> Ref:
        """Where a tensor comes from."""
        known = self.known(tensor)
        return UNKNOWN if known is None else known.ref

    def _knows(self, tensor: Tensor, ref: Ref, *, hangs: bool = False, is_told: bool = True) -> None:
        self._known[id(tensor)] = Known(weakref.ref(tensor), ref, hangs, is_told)

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
