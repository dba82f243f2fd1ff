"""Weights that no module of torch owns, far larger or smaller than their width asks for, and the same training without.

Whoever writes a layer by hand draws its matrix by hand, too: ``torch.randn(n, n)`` makes of n numbers a sum that is
the root of n times as large as each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from lossbook.copying import copied_model
from lossbook.evidence import Case, unwrapped
from lossbook.evidence.replay import quiet
from lossbook.probes.at_length import as_long
from lossbook.probes.base import Mend, Reading
from lossbook.probes.confirming import can_be_trained
from lossbook.probes.passes import MULTIPLIES
from lossbook.probes.trials import trial_of
from lossbook.probes.unlike_drawn import NOBODYS, TIMES, ends, ends_lower, is_one_number

LOOKS_UP = ("embedding", "index", "index_select", "gather")  #: torch's functions that take rows of a table
HOLDERS = (nn.ParameterList, nn.ParameterDict)


def unlike_their_width(case: Case) -> Reading | None:
    """Bare matrices of which a sum is many times its terms, if the loss ends clearly lower without; else None."""
    if not can_be_trained(case) or not (odd := _odd(case)):
        return None
    name, times = max(((name, each[0]) for name, each in odd.items()), key=lambda each: max(each[1], 1 / each[1]))
    trial = trial_of(case, _redrawn(case, {name: width for name, (_, width) in odd.items()}))
    if not ends_lower(case, trial, at_all=max(times, 1 / times) > NOBODYS):
        return None
    size = f"{times:.2g} times as large" if times > 1 else f"{1 / times:.2g} times as small"
    width = odd[name][1]
    sentence = f"the weights of {name!r} are {size} as one over the root of the {width:.0f} numbers that they add up"
    fix = f"torch.randn(inputs, outputs) / inputs**0.5  # {name}: a sum of so many numbers is as large as each of them"
    return Reading("found", f"{sentence}; {ends(trial)}", times, TIMES, trial, fix=fix)


def _redrawn(case: Case, widths: Mapping[str, float]) -> Mend:
    """These matrices with a spread of one over the root of their width."""
    start, generator = case.start.copy(shared=[]), torch.Generator().manual_seed(0)
    model = unwrapped(start.model)
    with torch.no_grad():
        for name, width in sorted(widths.items()):
            param = model.get_parameter(name)
            param.copy_(torch.randn(param.shape, generator=generator) / width**0.5)
    change = "each of those weights was drawn with a spread of one over the root of its width"
    return Mend(change, replace(case, start=start), steps=as_long(case))


def _odd(case: Case) -> dict[str, tuple[float, float]]:
    """Name -> how many times as large it is, and its width, of the matrices far from one over the root of that."""
    held = {id(param) for group in case.start.groups for param in group["params"]}
    model = unwrapped(case.start.model)
    bare = {name: param for name, param in _bare(model) if id(param) in held and param.requires_grad}
    found = dict[str, tuple[float, float]]()
    for name, width in _widths(case, set(bare)).items():
        size = float(bare[name].detach().double().square().mean().sqrt())
        times = size * width**0.5
        if size > 0 and not is_one_number(bare[name].detach()) and not 1 / NOBODYS < times < TIMES:
            found[name] = times, width
    return found


def _bare(model: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    """The matrices whose module is none of torch's, and draws nothing itself."""
    for prefix, module in model.named_modules():
        of_torch = type(module).__module__.startswith("torch.") and not isinstance(module, HOLDERS)
        if of_torch or callable(getattr(module, "reset_parameters", None)):
            continue
        for name, param in module.named_parameters(recurse=False):
            if param.ndim > 1 and param.is_floating_point():
                yield f"{prefix}.{name}" if prefix else name, param


def _widths(case: Case, names: set[str]) -> dict[str, float]:
    """Name -> how many numbers that are not 0 it adds up at most, of those that are multiplied with a signal alone."""
    if not names:
        return {}
    model = copied_model(unwrapped(case.start.model), shared=[])
    params = {_place(param): name for name, param in model.named_parameters()}
    listens = _Products(params)
    try:
        with quiet(model), torch.enable_grad(), listens:
            case.batches[0].output(model.eval())
    except Exception:  # of the reader's own code
        return {}
    return {name: max(each, 1.0) for name, each in listens.widths.items() if name in names - listens.others}


class _Products(TorchDispatchMode):
    """Notes which parameters are multiplied with a signal, and which are looked up, or are a signal themselves."""

    def __init__(self, params: Mapping[int, str]) -> None:
        super().__init__()
        self.params, self.widths, self.others = params, dict[str, float](), set[str]()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func.overloadpacket.__name__
        given = [each for each in args if isinstance(each, Tensor)]
        if name in LOOKS_UP:
            self.others |= {owner for each in given[:1] if (owner := self.params.get(_place(each))) is not None}
        elif name in (*MULTIPLIES, "mv") and len(given) > 1:
            self._note(*given[-2:])
        return func(*args, **(kwargs or {}))

    def _note(self, left: Tensor, right: Tensor) -> None:
        names = [self.params.get(_place(each)) for each in (left, right)]
        if None not in names:  # what is learnt is multiplied with weights: it is a signal
            self.others |= {name for name in names[:1] if name is not None}
            return
        signal, axis = (left, -1) if names[0] is None else (right, -2 if right.ndim > 1 else -1)
        for name in names:
            if name is not None:
                counted = float((signal.detach() != 0).sum(axis).double().mean())
                self.widths[name] = max(self.widths.get(name, 0.0), counted)


def _place(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()
