"""Models with one thing changed in what happens on the way of a batch, for mends; each is made from a model alone."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.overrides import TorchFunctionMode

from lossbook.evidence import Batch, Case
from lossbook.evidence.replay import output_of
from lossbook.evidence.structure import mapped, tensors
from lossbook.probes.made_up import log_probabilities, probabilities
from lossbook.randomness import OwnGenerators

BOUNDED = ("sigmoid", "tanh", "relu", "relu6", "hardsigmoid", "hardtanh", "softsign", "softplus", "clamp", "exp")
WIDTH = 64  # of the net beside a model


class Instead(TorchFunctionMode):
    """Within it, a function of torch's is called that ``choose(function, arguments)`` gives; the own one for None."""

    def __init__(self, choose: Callable[[Any, Any], Callable[..., Any] | None]) -> None:
        super().__init__()
        self.choose = choose

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return (self.choose(func, args) or func)(*args, **(kwargs or {}))


def within(case: Case, mode: Callable[[], TorchFunctionMode]) -> Case:
    """The training whose model and loss are computed within such a mode, made anew for each batch.

    Raises:
        ValueError: how the loss is computed was not seen.
    """
    own = case.loss_of
    if own is None:
        raise ValueError("loss_of must be known to compute it otherwise, got a case whose loss was not seen.")

    def loss_of(model: nn.Module, batch: Batch) -> Tensor:
        with mode():
            return own(model, batch)

    return replace(case, loss_of=loss_of)


def same(first: Any, *args: Any, **kwargs: Any) -> Any:
    """What takes the place of a function that is passed over."""
    return first


def uncut(func: Any, args: Any) -> Callable[..., Any] | None:
    """Passes over what cuts the graph: ``detach``, ``.data``, and the begin of ``no_grad``."""
    cuts = torch.Tensor.detach, torch.Tensor.detach_, torch.detach, torch.Tensor.data.__get__  # type: ignore[attr-defined]
    begins = func is torch._C._set_grad_enabled and args[0] is False
    return same if begins or func in cuts else None


class Rewired(nn.Module):
    """A model whose activations are others, whether modules or lines of forward call them.

    Args:
        model: as it is.
        places: number of a call of an activation with an end, from 0 on -> what is called instead of it.
    """

    def __init__(self, model: nn.Module, places: dict[int, Callable[..., Any]]) -> None:
        super().__init__()
        self.model, self.places = model, places

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        number = itertools.count()

        def choose(func: Any, args: Any) -> Callable[..., Any] | None:
            return self.places.get(next(number)) if _name(func) in BOUNDED else None

        with Instead(choose):
            return self.model(*inputs, **kwargs)


def activation_calls(model: nn.Module, batch: Batch) -> list[str]:
    """The names of the activations with an end on the way of a batch, in the order of their calls, in eval mode."""
    called = list[str]()

    def note(func: Any, args: Any) -> None:
        called.extend([_name(func)] if _name(func) in BOUNDED else [])

    with Instead(note):
        output_of(model, batch)
    return called


def _name(func: Any) -> str:
    return getattr(func, "__name__", "").rstrip("_")


class OneByOne(nn.Module):
    """A model that gets each example of a batch alone, so that none can reach another one.

    torch's vmap computes them at once; where it cannot, as with recurrent layers, one after the other. Batch norm works
    in eval mode: of one example alone there are no statistics.
    """

    def __init__(self, model: nn.Module, batch: Batch) -> None:
        super().__init__()
        self.model, self.at_once = model.train(), True
        for module in model.modules():
            if isinstance(module, _BatchNorm):
                module.eval()
        try:
            output_of(self, batch)
        except RuntimeError:
            self.at_once = False

    def forward(self, *inputs: Any, **kwargs: Any) -> Tensor:
        batch, together = Batch(inputs, kwargs, None), (inputs, kwargs)
        mine = [each for each in tensors(together) if each.ndim and len(each) == batch.size]

        def one(*parts: Tensor) -> Tensor:
            new = dict(zip(map(id, mine), parts, strict=True))
            inputs, kwargs = mapped(lambda each: new[id(each)][None] if id(each) in new else each, together)
            return self.model(*inputs, **kwargs)[0]

        if self.at_once:
            return torch.func.vmap(one, randomness="different")(*mine)
        return torch.stack([one(*parts) for parts in zip(*mine, strict=True)])


class Beside(nn.Module):
    """The sum of a model and a wide net on all of its inputs, flattened and scaled; the net starts at zero.

    Where the model gives probabilities, or their logarithms, so does the sum.
    """

    def __init__(self, model: nn.Module, batch: Batch) -> None:
        super().__init__()
        self.model, output = model, output_of(model, batch)
        x = self._flat(batch, output)
        self.mean, self.spread = float(x.mean()), float(x.std()) or 1.0
        axes = dict.fromkeys((1, output.ndim - 1)) if output.ndim > 1 else ()
        self.logs = next((axis for axis in axes if log_probabilities(output, axis)), None)
        self.shares = next((axis for axis in axes if probabilities(output, axis)), None)
        with torch.device("cpu"), OwnGenerators(0, torch.float32):
            last = nn.Linear(WIDTH, output[0].numel())
            self.wide = nn.Sequential(nn.Linear(x.shape[1], WIDTH), nn.ReLU(), last).to(output)
        for param in last.parameters():
            nn.init.zeros_(param)

    def forward(self, *inputs: Any, **kwargs: Any) -> Tensor:
        output = self.model(*inputs, **kwargs)
        x = (self._flat(Batch(inputs, kwargs, None), output) - self.mean) / self.spread
        more = self.wide(x).reshape(output.shape)
        if self.logs is not None:
            return (output + more).log_softmax(self.logs)
        return output + more if self.shares is None else (output.log() + more).softmax(self.shares)

    @staticmethod
    def _flat(batch: Batch, like: Tensor) -> Tensor:
        """(N, numbers of each example); tokens are whole numbers."""
        size = batch.size
        parts = [each for each in tensors((batch.inputs, batch.kwargs)) if each.ndim and len(each) == size]
        return torch.cat([each.reshape(size, -1).to(like) for each in parts], dim=1)
