"""What happens in a reader's loop, written down as it happens."""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from lossbook.evidence import looks
from lossbook.evidence.chain import Chain
from lossbook.evidence.domains import Undefined, steep_in, undefined_in
from lossbook.evidence.entered import Entered
from lossbook.evidence.functional import Functional
from lossbook.evidence.gradients import Gradients
from lossbook.evidence.identity import Parts
from lossbook.evidence.keeper import Keeper
from lossbook.evidence.nonfinite import Trouble, found_trouble
from lossbook.evidence.numbers import Numbers, plain
from lossbook.evidence.snapshot import roots, unwrapped
from lossbook.evidence.stepping import Stepping
from lossbook.evidence.structure import leaves, tensors
from lossbook.evidence.window import Window
from lossbook.evidence.written import Written

SERIES = ("ran_on", "grad_norm", "norm_at_step", "update_ratio", "zero_share", "nonfinite_share", "scale")
HELD_OUT_TRIES = 16  #: forward passes without gradients in which a held-out batch is looked for


class Recorder:
    """The events of one training. It changes nothing, and holds a batch no longer than until the next one.

    Args:
        model: as the reader gave it.
        optimizers: those that were given.
        scaler: a ``GradScaler``, or None.
        every: at how many steps once gradients are looked at.
        keeper: of batches.
        first: name -> a copy of each parameter as it was at the start.
        data: as the reader gave it.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizers: tuple[Optimizer, ...],
        scaler: Any,
        every: int,
        keeper: Keeper,
        first: Mapping[str, Tensor] = MappingProxyType({}),
        data: Any = None,
    ) -> None:
        self.written, self.entered = Written(first), Entered(data)
        self.model, self.scaler, self.every, self.keeper = model, scaler, every, keeper
        self.numbers = {name: Numbers() for name in SERIES}
        self.counts = dict.fromkeys(("forwards", "forwards_no_grad", "train", "train_no_grad", "trained"), 0)
        self.counts |= dict.fromkeys(("followed", "cleared", "hidden", "again", "lent", "elsewhere"), 0)
        self.model_changed: list[tuple[int, set[int]]] = []  #: steps, and ids of parameters, if there are only more
        self.fingerprints = Numbers()
        self.sizes = array("q")
        self.autocast: str | None = None
        self.trouble: Trouble | None = None
        self.undefined: Undefined | None = None  #: the first operation without a value since the last step
        self.steep: tuple[int, Undefined] | None = None  #: the first one without a slope of the last step with any
        self.last_loss: Any = None
        self.mine: list[bool] = []  #: of each value that backward() ran on, whether the pass was the model's
        self.reached = False  #: a backward pass has reached a parameter of the model
        self.most_elsewhere = self._held_out_tries = 0  #: steps of others' optimisers between two calls of the model
        self._place: int | None = None  # of the last loss in the output
        self.last_finite: float | None = None
        self.window: Window | None = None  # of the last forward pass with gradients
        self.aside: Window | None = None  # of one without, since then
        self.parts = Parts(unwrapped(model))
        self.gradients = Gradients(self)
        self.stepping = Stepping(self, optimizers)
        self._device = next(iter(self.parts.params.values()), torch.empty(0)).device.type
        self._version: int | None = looks.versions(self.parts.params.values())
        self.functional = Functional(self)
        self.chain = Chain(keeper, roots(model) != [model], self.stepping.role_of)

    @property
    def steps(self) -> int:
        """Updates that were done."""
        return self.stepping.steps

    def forward_begins(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], training: bool, root: int | None = None
    ) -> None:
        """The model was called, or a part of a container."""
        grad = torch.is_grad_enabled()
        self.most_elsewhere = max(self.most_elsewhere, self.counts["elsewhere"])
        self.counts["elsewhere"] = 0
        self._close_aside()
        drawn = self.counts["forwards"]
        self.counts["forwards" if grad else "forwards_no_grad"] += 1
        window = Window(args, kwargs, training=training, drawn=drawn, steps=self.steps)
        window.root = root
        if not grad:
            self.aside = window
            self.counts["train_no_grad"] += training
            self.stepping.asides.begins(leaves((args, kwargs)), self.parts.params.values(), self.steps)
            if self.keeper.held_out is None and self._held_out_tries < HELD_OUT_TRIES and self.keeper.keep:
                self._held_out_tries += 1
                if not isinstance(mine := looks.fingerprint(leaves((args, kwargs))), float):
                    mine = None  # on a device: what is trained on is not told apart
                if mine is None or mine not in self.fingerprints.values():
                    window.copies = self.keeper.copied_for(window, (args, kwargs))
            return
        previous, self.window = self.window, window
        self.counts["train"] += training
        given = tensors((args, kwargs))
        self.entered.note(given, self.steps)
        self.fingerprints.add(self.steps, looks.fingerprint(leaves((args, kwargs))))
        self.sizes.append(next((each.size(0) for each in given if each.ndim), 0))
        self.chain.begins(window, previous)
        on = torch.is_autocast_enabled(self._device)
        self.autocast = str(torch.get_autocast_dtype(self._device)).removeprefix("torch.") if on else "off"
        self.stepping.asides.goes_on(self.parts.params.values(), self.steps)
        self._check_identity()

    def _check_identity(self) -> None:
        if not self.parts.are_there():
            if self.parts.are_lent():
                self.counts["lent"] += 1
                if self.window is not None and not self.functional.borrows():
                    self.keeper.give_back(self.window)
                return
            before, self.parts = self.parts, Parts(unwrapped(self.model))
            self.model_changed.append((self.steps, self.parts.added_to(before)))
            self._version = None
            self.gradients.parts_changed()
        version = looks.versions(self.parts.params.values())
        if self._version is not None and version != self._version and not self.stepping.within:
            self.written.note(self.parts.params, self.steps, self.numbers["update_ratio"])
        self._version = version

    def forward_ends(self, output: Any) -> None:
        """It gave this."""
        if (window := self.aside or self.window) is not None:
            window.ends(output)

    def talks_of(self) -> Window | None:
        """The forward pass of which the functions that are called now make use: with gradients, or without."""
        return self.window if torch.is_grad_enabled() else self.aside

    def sees(self, function: Any, args: Any, kwargs: Any, result: Any) -> None:
        """A function of torch was called, after a forward pass and before the next step, or where that is wanted."""
        if self.chain.before is not None and torch.is_grad_enabled():
            self.chain.before.sees_before(function, args, kwargs, result)
            return
        if self.undefined is None and self.trouble is None:
            self.undefined = undefined_in(function, args, kwargs, result)
        if (self.steep is None or self.steep[0] < self.steps) and (steep := steep_in(function, args, kwargs, result)):
            self.steep = self.steps, steep
        if (window := self.talks_of()) is not None:
            window.sees(function, args, kwargs, result)

    def _close_aside(self) -> None:
        """Another forward pass begins, or the watch ends."""
        window, self.aside = self.aside, None
        if window is not None and window.copies is not None and self.keeper.held_out is None:
            self.keeper.hold_out(window, self.steps)

    def backward_begins(self, loss: Tensor, gradient: Tensor | None) -> None:
        """``loss.backward()`` was called."""
        self.functional.forget()
        unused = self.gradients.leftovers.unused
        self.gradients.backward_begins()
        self.keeper.goes_on(unused=self.gradients.leftovers.unused > unused)
        value = self.last_loss = self._without_scale(loss if gradient is None else loss.detach() * gradient)
        self.numbers["ran_on"].add(self.steps, value)
        self.mine.append(True)
        self._place = None
        if self.window is not None:
            self._place, self.window.end = self.window.places.get(id(loss)), self.window.ref_of(loss)
        if isinstance(value, float):
            if math.isfinite(value):
                self.last_finite = value
            elif self.trouble is None:
                self.trouble = found_trouble(self, "loss")

    def _without_scale(self, loss: Tensor) -> Any:
        scale = getattr(self.scaler, "_scale", None)  # a tensor, or None before its first use
        if scale is None:
            return plain(loss)
        self.numbers["scale"].add(self.steps, scale)
        return plain(loss.detach().sum().double() / scale.detach())

    def backward_ends(self) -> None:
        """Its gradients are there."""
        window, reached = self.window, self.gradients.backward_ends()
        if reached and not self.reached:
            self.reached = True
            self._forget_others()
        if self.reached and not reached:
            self.mine[-1] = False
        elif window is not None:
            self.counts["followed"] += 1
            self.counts["again"] += window.followed and window.drawn < self.keeper.keep
            window.followed = True
            self.counts["trained"] += window.training
            record = self.keeper.kept(window, self._place, self.last_loss, self.steps)
            if record is not None:
                self.keeper.add(record)
                self.chain.settles()
            window.copies = None  # a second backward pass of the same forward pass keeps no second one
            window.output = None  # lets go of it
        if window is not None:
            window.foreign, window.before, window.earlier, window.drawn_values = [], [], (), {}
        self.chain.goes_on()

    def _forget_others(self) -> None:
        """Backward passes that reached no parameter of the model, before the first that did, were other nets'."""
        self.mine[:-1] = [False] * (len(self.mine) - 1)
        self.counts |= dict.fromkeys(("followed", "again", "trained"), 0)
        if len(self.mine) > 1:
            self.keeper.records.clear()

    def step_ends(self) -> None:
        """The weights have moved."""
        self._version = looks.versions(self.parts.params.values())
        self.undefined = None
        self.gradients.step_ends()
        self.chain.goes_on()

    def ends(self) -> None:
        """The watch is over."""
        self._close_aside()
        self.window, self.chain.before = None, None  # nothing of the last batch is held any longer
        self.keeper.shared.clear()
        self.stepping.drop_unfinished()
        if getattr(self.scaler, "_scale", None) is not None:
            self.numbers["scale"].add(self.steps, self.scaler._scale)
