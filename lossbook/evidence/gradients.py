"""What is seen of the gradients of a training: their norms, and whether they are there, are left over, or are gone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from lossbook.evidence import looks
from lossbook.evidence.by_hand import ByHand
from lossbook.evidence.leftovers import Leftovers
from lossbook.evidence.nonfinite import found_trouble
from lossbook.evidence.numbers import Numbers, plain

if TYPE_CHECKING:
    from lossbook.evidence.recorder import Recorder

HIDDEN = 1e-5  #: relative difference of a norm that was taken twice, of the same gradients


class Gradients:
    """The gradients of the model's parameters, looked at after each backward pass and before each step.

    Args:
        recorder: who writes the numbers down.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self.never = dict(recorder.parts.params)  #: parameters that have got no gradient so far
        self.leftovers, self.by_hand = Leftovers(), ByHand()
        self._steps = 0  # when the last backward pass began
        self._norm: Any = None  # after the last backward pass
        self._in_closure: tuple[int, bool] | None = None  # the step that goes on with one, and whether it looks closely
        self._hidden = False  # they are written in a way that only their numbers show

    def parts_changed(self) -> None:
        """The model has other parameters than before."""
        self.never = {name: param for name, param in self._recorder.parts.params.items() if name in self.never}
        self.leftovers.forget()
        self.by_hand.forget()

    def backward_begins(self) -> None:
        """They are still those of the last backward pass, or were cleared."""
        recorder = self._recorder
        self._steps = recorder.steps
        grads = recorder.parts.grads()
        self.leftovers.backward_begins(grads, in_step=recorder.stepping.within)
        if recorder.stepping.current:
            self.by_hand.forget()
        else:
            self.by_hand.backward_begins(recorder.parts.params.values(), grads)

    def backward_ends(self) -> bool:
        """They are there. Say whether the pass reached any."""
        recorder = self._recorder
        grads = recorder.parts.grads()
        self._note_reached()
        if not recorder.stepping.current:
            self.by_hand.backward_ends(recorder.parts.params.values(), grads)
        reached = self.leftovers.note_backward(grads) or recorder.steps > self._steps  # a step within has cleared them
        if not reached and recorder.reached:
            return False
        if reached and not recorder.reached:  # those before were passes of another net
            recorder.numbers["grad_norm"] = Numbers()
        self._norm = None
        if recorder.steps % recorder.every == 0:
            self._norm = self._divided(plain(looks.length(looks.present(grads))))
            recorder.numbers["grad_norm"].add(recorder.steps, self._norm)
        return reached

    def _note_reached(self) -> None:
        if self.never:
            self.never = {name: param for name, param in self.never.items() if param.grad is None}

    def _divided(self, norm: Any) -> Any:
        scale = getattr(self._recorder.scaler, "_scale", None)
        return norm if scale is None else plain(norm / plain(scale))

    def step_begins(self, *, closure: bool) -> None:
        """An optimiser steps on them as they stand; with a closure, they are those of the step before."""
        if closure:
            self._in_closure = self._recorder.steps, self._recorder.stepping.looks_closely
        else:
            self._as_they_stand(self._recorder.steps, self._recorder.stepping.looks_closely)

    def _as_they_stand(self, step: int, closely: bool) -> None:
        recorder, stepping = self._recorder, self._recorder.stepping
        if step % recorder.every or stepping.is_skipped():
            return
        grads = recorder.parts.grads()
        self._note_reached()  # also by a backward pass that was not seen, or whose gradients are gone at its end
        norm, scaled = self._norm, recorder.scaler is not None
        same = self.leftovers.all_same(grads)
        if self._hidden or closely or scaled or norm is None or not same:  # clipped, unscaled, or gone
            before, norm = norm, plain(looks.length(looks.present(grads)))
            if same and isinstance(before, float) and isinstance(norm, float) and not scaled:
                self._hidden |= abs(norm - before) > HIDDEN * before  # written through .data, which leaves no mark
        emptied = norm == 0 and self._norm > 0 if isinstance(norm, float) and isinstance(self._norm, float) else False
        own = stepping.own()
        gone = self.leftovers.are_gone(grads, own) or (emptied and self.leftovers.are_fresh(own))
        recorder.counts["cleared"] += gone
        recorder.numbers["norm_at_step"].add(step, norm)
        if isinstance(norm, float) and not math.isfinite(norm) and recorder.trouble is None:
            recorder.trouble = found_trouble(recorder, "gradient")
        if closely:
            zeros, bad = looks.shares(looks.present(grads))
            recorder.numbers["zero_share"].add(step, zeros)
            recorder.numbers["nonfinite_share"].add(step, bad)

    def step_ends(self) -> None:
        """They were used. Those of a closure that ran once are still there, as torch's optimisers write into none."""
        begun, self._in_closure = self._in_closure, None
        if begun is not None and self._recorder.stepping.calls_once:
            self._as_they_stand(*begun)
        self.leftovers.note_step(self._recorder.parts.grads(), self._recorder.stepping.own())
