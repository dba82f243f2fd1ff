"""What the lines of a forward drop by a function of torch, without a layer that would say how much."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from lossbook.copying import copied_model
from lossbook.evidence import Batch, Case, unwrapped
from lossbook.evidence.replay import quiet
from lossbook.probes.made_up import is_class_list

FUNCTIONS = frozenset((F.dropout, F.alpha_dropout, F.dropout1d, F.dropout2d, F.dropout3d, F.feature_alpha_dropout))
ATTENTION = F.scaled_dot_product_attention
#: function -> where the share stands: its place, its name, and what it is by default
WAYS: dict[Any, tuple[int, str, float]] = {**dict.fromkeys(FUNCTIONS, (1, "p", 0.5)), ATTENTION: (4, "dropout_p", 0.0)}


def _every(_: Tensor) -> bool:
    return True


class Drops(TorchFunctionMode):
    """Notes what drops numbers, and may take it away.

    Args:
        drop: whether it is left there.
        of: which tensors are meant.
    """

    def __init__(self, *, drop: bool = True, of: Callable[[Tensor], bool] = _every) -> None:
        super().__init__()
        self.drop, self.of, self.found = drop, of, dict[str, float]()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func in WAYS and self._drops(func, args, kwargs):
            place, name, _ = WAYS[func]
            if not self.drop and len(args) > place:
                args = (*args[:place], 0.0, *args[place + 1 :])
            elif not self.drop:
                kwargs = {**kwargs, name: 0.0}
        return func(*args, **kwargs)

    def _drops(self, func: Any, args: Any, kwargs: Any) -> bool:
        place, name, default = WAYS[func]
        share = args[place] if len(args) > place else kwargs.get(name, default)
        trains = func is ATTENTION or (args[2] if len(args) > 2 else kwargs.get("training", True))
        if not share or not trains or not self.of(next(iter((*args, *kwargs.values())))):
            return False
        self.found[f"{func.__name__}({share:g})"] = share
        return True


def highest_share(case: Case) -> float:
    """The largest share that a step drops of what hangs on weights; 0 if it drops nothing."""
    assert case.loss_of is not None
    model, listens = copied_model(unwrapped(case.start.model), shared=[]), Drops(of=_meant(case))
    with quiet(model), torch.enable_grad(), listens:
        case.loss_of(model.train(), case.batches[0])
    return max(listens.found.values(), default=0.0)


def undropped(case: Case) -> Case:
    """The case whose loss is computed with nothing dropped in lines."""
    own, meant = case.loss_of, _meant(case)
    assert own is not None

    def loss_of(model: nn.Module, batch: Batch) -> Tensor:
        with Drops(drop=False, of=meant):
            return own(model, batch)

    return replace(case, loss_of=loss_of)


def _meant(case: Case) -> Callable[[Tensor], bool]:
    """Which tensors: of measurements, what is dropped can be the task, as where they shall be given back whole."""
    classes = isinstance(case.batches[0].target, Tensor) and is_class_list(case.batches[0].target)
    return lambda each: classes or each.requires_grad or not torch.is_grad_enabled()
