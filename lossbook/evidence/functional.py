"""A loop that asks for gradients by ``torch.func.grad`` or ``torch.autograd.grad``, and moves the weights itself.

Its weights may be the model's own, or tensors beside it that ``torch.func.functional_call`` lends to the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch._C._functorch import TransformType, peek_interpreter_stack

from lossbook.evidence.keeper import Record
from lossbook.evidence.numbers import Numbers, bare, plain
from lossbook.evidence.snapshot import unwrapped
from lossbook.evidence.tape import Tape
from lossbook.evidence.window import Window

if TYPE_CHECKING:
    from lossbook.evidence.recorder import Recorder

TAPES = 2  #: passes whose way from the output to the loss is written down
ONE_EACH = 1.5  #: passes a step, from which on several make one
CLOSE = 4  #: passes whose weights are kept, which say what kind of steps follow

Weights = dict[str, Tensor]


class Functional:
    """The passes of such a loop, until a backward pass shows that it is none.

    Args:
        recorder: of the same training.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self.is_alive = True
        self.window: Window | None = None  #: of a pass within ``torch.func.grad``
        self.records: list[Record] = []
        self.losses = Numbers()
        self.first: list[Weights] = []  #: of the first passes
        self.last: Weights = {}  #: tensors that were lent to the last pass
        self.trained: set[str] = set()  #: parameters whose gradients were asked for
        self._lent: Weights = {}

    def begins(self, model: nn.Module, args: Any, kwargs: Any) -> None:
        """The model is called within a transform."""
        if not self.is_alive or not is_within_grad() or model is not self._recorder.model:
            return
        keeper, drawn = self._recorder.keeper, len(self.losses)
        self.window = window = Window(args, kwargs, training=model.training, drawn=drawn, steps=drawn)
        window.is_within = True
        self._lent = dict(unwrapped(model).named_parameters())
        if len(self.records) < keeper.keep and not keeper.full:
            window.tape = Tape() if len(self.records) < TAPES else None
            with torch._C._DisableFuncTorch():
                window.copies = keeper.copied_for(window, (args, kwargs))
            window.is_noted()

    def ends(self, output: Any) -> None:
        """It gave this."""
        if self.window is not None and is_within_grad():
            self.window.ends(output)

    @property
    def is_called(self) -> bool:
        """A pass within a transform goes on."""
        return self.window is not None and self.window.output is None and is_within_grad()

    def borrows(self) -> bool:
        """The model is called with weights that are not its own. Say whether that is of interest here."""
        if self.is_alive:
            self._lent = dict(unwrapped(self._recorder.model).named_parameters())
        return self.is_alive

    def asked(self, args: Sequence[Any], kwargs: dict[str, Any]) -> None:
        """``torch.autograd.grad`` was called, by the loop or by a transform."""
        outputs, inputs, keeps_graph = _of_grad(args, kwargs)
        within = is_within_grad()
        window = self.window if within else self._recorder.window
        if not self.is_alive or window is None or (peek_interpreter_stack() is not None and not within):
            return
        names = {id(param): name for name, param in (self._lent or self._recorder.parts.params).items()}
        loss, *others = outputs if isinstance(outputs, (tuple, list)) else (outputs,)
        asked = [inputs] if isinstance(inputs, Tensor) else list(inputs)
        if any(id(each) not in names for each in asked) or not asked:
            return
        if keeps_graph or others or loss.ndim or window.followed:
            self.forget()  # gradients of gradients, or of several losses: these are no plain steps
            return
        self.trained = {names[id(each)] for each in asked}
        with torch._C._DisableFuncTorch():
            self._note(window, loss)
        self.window, self._lent = None, {}

    def _note(self, window: Window, loss: Tensor) -> None:
        keeper, own = self._recorder.keeper, self._recorder.parts.params
        self.last = {name: bare(param).detach() for name, param in self._lent.items()}
        if len(self.first) < CLOSE:
            self.first.append({name: bare(param).detach().clone() for name, param in (self._lent or own).items()})
        self.losses.add(len(self.losses), loss)
        window.end, window.followed = window.ref_of(loss), True
        record = keeper.kept(window, window.places.get(id(loss)), plain(loss), len(self.losses) - 1)
        if record is not None and len(self.records) < keeper.keep:
            self.records.append(record)
        window.copies, window.output = None, None
        window.foreign, window.earlier = [], ()

    def forget(self) -> None:
        """A backward pass has come, or the gradients serve something else."""
        if not self.is_alive:
            return
        if self._lent and (window := self._recorder.window) is not None:
            self._recorder.keeper.give_back(window)
        self.is_alive, self.window, self._lent, self.last = False, None, {}, {}
        self.records, self.first, self.losses = [], [], Numbers()

    @property
    def is_it(self) -> bool:
        """Whether the training is such a loop, with one pass a step, as far as it was seen."""
        steps, container = self._recorder.steps, self._recorder.chain.is_container
        if not self.is_alive or not self.records or container or (steps and len(self.losses) > ONE_EACH * steps):
            return False
        seen = self.first[:2]
        return len(seen) < 2 or any(not torch.equal(seen[0][name], seen[1][name]) for name in self.trained)


def is_within_grad() -> bool:
    """Within one ``torch.func.grad``, and in nothing else of its kind."""
    top: Any = peek_interpreter_stack()
    return top is not None and top.key() == TransformType.Grad and top.level() == 1


def _of_grad(args: Sequence[Any], kwargs: dict[str, Any]) -> tuple[Any, Any, bool]:
    """The outputs and inputs of a call of ``torch.autograd.grad``, and whether its graph is used once more."""
    given = dict(zip(("outputs", "inputs", "grad_outputs", "retain_graph", "create_graph"), args, strict=False))
    given |= kwargs
    keeps = given.get("retain_graph") or (given.get("create_graph") and not is_within_grad())
    return given["outputs"], given["inputs"], bool(keeps)
