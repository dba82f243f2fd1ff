"""Optimisers that step in vain: none of what they hold ever got a gradient, though it is called for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lossbook.evidence.snapshot import parts
from lossbook.evidence.stepping import held_by

if TYPE_CHECKING:
    from lossbook.evidence.recorder import Recorder

FEW = 10  #: calls with gradients, backward passes and steps, after which a parameter must have got a gradient


def idle_parameters(recorder: Recorder) -> tuple[str, ...]:
    """The names of the first such optimiser's parameters; of nets called one by one, or of a whole model.

    A net that the loop does not call has no part in the loss, which may be meant.
    """
    wanted = {name: param for name, param in recorder.parts.params.items() if param.requires_grad}
    never, called = set(recorder.gradients.never), recorder.chain.called
    if sum(recorder.mine) < FEW:
        return ()
    inner = parts(recorder.model) if recorder.chain.is_container else []
    active = {id(param) for place, part in enumerate(inner) if called[place] >= FEW for param in part.parameters()}
    for optimizer in recorder.stepping.current:
        held = held_by(optimizer)
        own = {name: param for name, param in wanted.items() if id(param) in held}
        is_called = all(id(param) in active for param in own.values()) if inner else called[None] >= FEW
        whole = bool(inner) or never >= set(wanted)  # of one net it is not known which of its parts are called
        if own and is_called and whole and never >= set(own) and recorder.stepping.made[id(optimizer)] >= FEW:
            return tuple(own)
    return ()
