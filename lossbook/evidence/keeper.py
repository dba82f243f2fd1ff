"""Copies of the first batches of a training, and of what followed each of them."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import torch
from torch import Tensor

from lossbook.evidence.later import Later
from lossbook.evidence.numbers import bare, plain
from lossbook.evidence.structure import leaves, mapped, tensors
from lossbook.evidence.tape import UNKNOWN, Ref, Tape
from lossbook.evidence.window import Call, Window


class Record(NamedTuple):
    """A window whose tensors were copied to the CPU."""

    inputs: tuple[Any, ...]
    kwargs: dict[str, Any]
    foreign: tuple[Tensor, ...]
    called: Call | None  #: with a copied target
    output: Any  #: of the first few; else None
    ran_on: Any  #: what backward() ran on
    own: dict[int, Any]  #: place -> value of each single number that the model itself gave
    ran_on_place: int | None  #: where in the output it stands
    drawn: int
    step: int
    tape: Tape | None = None  #: of the first few
    end: Ref = UNKNOWN  #: what backward() ran on
    told: Any = None  #: the target that ``step(batch=...)`` gave
    earlier: tuple[Any, ...] = ()  #: records of the calls before it on whose outputs the loss may hang, too
    before: tuple[Any, ...] = ()  #: as ``foreign``, of what was done before the first call of the step
    is_unused: bool = False  #: its gradients were thrown away before a step
    values: Mapping[Ref, Any] = MappingProxyType({})  #: random numbers that were drawn after the pass


class Placed:
    """A tensor on the CPU, and where it stood."""

    def __init__(self, tensor: Tensor, device: torch.device, *, is_wanted: bool = False) -> None:
        self.tensor, self.device = tensor, device
        self.is_wanted = is_wanted  #: it required a gradient

    def back(self) -> Tensor:
        """The tensor where it stood."""
        return self.tensor.to(self.device)


class Keeper:
    """Copies of the first windows, as many and as large as is allowed.

    Args:
        keep: how many.
        max_bytes: of all together.
        may_skip: a GradScaler may leave out steps; what comes of these is no pattern of the others.
    """

    def __init__(self, keep: int, max_bytes: int, *, may_skip: bool = False) -> None:
        self.keep, self.left, self._may_skip = keep, max_bytes, may_skip
        self.full = keep == 0
        self.records: list[Record] = []
        self.held_out: Record | None = None
        self.later = Later()
        self._is_last = False  # the last record is of the last backward pass
        #: id of a tensor -> the tensor, its version, and its copy; of those that were copied in one step
        self.shared: dict[int, tuple[Any, Any, Any]] = {}

    def copied(self, value: Any) -> Any:
        """The value with each tensor copied to the CPU; it does not wait for the device. None if there is no room.

        Within one step a tensor that comes again unchanged has one copy.
        """
        size = nbytes([each for each in tensors(value) if self._shared(each) is None])
        if size > self.left:
            self.full = True
            return None
        self.left -= size
        return mapped(self._copy, value)

    def copied_for(self, window: Window, value: Any) -> Any:
        """The same; the bytes are counted as the window's."""
        left = self.left
        copy = self.copied(value)
        window.taken += left - self.left
        return copy

    def _shared(self, tensor: Tensor) -> Placed | None:
        known, version, placed = self.shared.get(id(tensor), (lambda: None, None, None))
        return placed if known() is tensor and version == _version(tensor) else None

    def _copy(self, tensor: Tensor) -> Placed:
        placed = self._shared(tensor)
        if placed is None:
            placed = to_cpu(tensor)
            if (version := _version(tensor)) is not None:
                self.shared[id(tensor)] = weakref.ref(tensor), version, placed
        return placed

    @property
    def used(self) -> int:
        """Records; without those of steps that a GradScaler left out, as far as that is known."""
        return sum(not (self._may_skip and record.is_unused) for record in self.records)

    def add(self, record: Record) -> None:
        """Of the backward pass that has just ended."""
        self.records.append(record)
        self._is_last = True

    def goes_on(self, *, unused: bool) -> None:
        """The next backward pass begins; the gradients of the last one may have been thrown away before a step."""
        if unused and self._is_last and self.records:
            self.records[-1] = self.records[-1]._replace(is_unused=True)
        self._is_last = False

    def keep_output(self, window: Window) -> int:
        """Of a call that another one follows; the bytes that it takes."""
        taken = window.taken
        if nbytes(window.output) <= self.left // 4:
            window.kept_output = self.copied_for(window, window.output)
        return window.taken - taken

    def give_back(self, window: Window) -> None:
        """No backward pass followed: the window is not kept, nor those before it."""
        for each in (*window.earlier, window):
            if each.copies is not None:  # else a record has them
                self.left, each.copies, each.kept_output = self.left + each.taken, None, None
        window.earlier = ()
        self.shared.clear()  # who has such a copy from now on pays for it

    def hold_out(self, window: Window, step: int) -> None:
        """Keep a pass without gradients as the held-out batch, if it has a target, or gave a loss beside the output."""
        left = self.left
        record = self.kept(window, None, None, step)
        given = [each for each in leaves(window.output) if isinstance(each, Tensor)]
        own = len(given) > 1 and any(each.ndim == 0 for each in given)
        if record is not None and (record.called is not None or record.foreign or own):
            self.held_out = record
        else:
            self.left = left
            self.give_back(window)

    def kept(self, window: Window, place: int | None, ran_on: Any, step: int) -> Record | None:
        """A record of the window, if its inputs were copied.

        Args:
            window: a forward pass, and what followed.
            place: where in the output stands what ``backward()`` ran on; None: nowhere, or there was no backward pass.
            ran_on: its value, without a scaler's factor.
            step: updates that were done.
        """
        if window.copies is None:
            if ran_on is not None:
                self.later.note(window, step)
            return None
        called, output = window.called, window.kept_output
        alone = called is not None and len(window.foreign) == 1 and window.foreign[0] is called.target
        foreign: tuple[Tensor, ...] = ()
        if called is not None:
            called = called._replace(target=self.copied(called.target), more=mapped(to_cpu, called.more))
        if window.foreign and not alone:
            foreign = self.copied(tuple(window.foreign)) or ()
        values = self.copied(window.drawn_values) if window.drawn_values else {}
        before = self.copied(tuple(window.before)) if window.before else ()
        if self.full:
            return None
        if (
            output is None and self.used < 2 and nbytes(window.output) <= self.left // 4
        ):  # else they would leave no room for batches
            output = self.copied(window.output)
        singles = {i: plain(leaf) for i, leaf in enumerate(leaves(window.output)) if is_single(leaf)}
        inputs, kwargs = window.copies
        drawn, tape, end = window.drawn, window.tape, window.end
        record = Record(inputs, kwargs, foreign, called, output, ran_on, singles, place, drawn, step, tape, end)
        earlier = tuple(self.kept(each, None, None, step) for each in window.earlier)
        record = record._replace(values=values, before=before)
        return record._replace(earlier=earlier) if None not in earlier else record


def nbytes(value: Any) -> int:
    """Of all its tensors."""
    return sum(each.numel() * each.element_size() for each in tensors(value))


def is_single(leaf: Any) -> bool:
    """A tensor of one number that a backward pass can run on."""
    return isinstance(leaf, Tensor) and leaf.ndim == 0 and leaf.requires_grad


def _version(tensor: Tensor) -> int | None:
    """It counts the writes into a tensor; None where they are not counted."""
    return None if tensor.is_inference() else tensor._version


def to_cpu(tensor: Tensor) -> Placed:
    """A copy of its own on the CPU, and where the tensor stood."""
    is_wanted, tensor = tensor.requires_grad, bare(tensor).detach()
    here = tensor.device.type in ("cpu", "meta")
    if tensor.is_inference():  # one that can be trained on
        with torch.inference_mode(False):
            return Placed(tensor.clone() if here else tensor.to("cpu", non_blocking=True), tensor.device)
    copy = tensor.clone() if here else tensor.to("cpu", non_blocking=True)
    return Placed(copy, tensor.device, is_wanted=is_wanted)


def back(value: Any) -> Any:
    """The structure with each copy where its tensor stood."""
    return mapped(Placed.back, value, Placed)
