"""A model and what trains it, at one moment of a training."""

from __future__ import annotations

from typing import Any, NamedTuple

from torch import nn
from torch.optim import Optimizer

from lossbook.copying import copied


class Snapshot(NamedTuple):
    """A model and what trains it, at one moment of a training."""

    model: nn.Module
    optimizers: tuple[Optimizer, ...]  #: usually one; two in a GAN; none if no optimiser stepped

    @property
    def optimizer(self) -> Optimizer:
        """The first optimiser.

        Raises:
            ValueError: there is none.
        """
        if not self.optimizers:
            raise ValueError("optimizers must hold at least one optimiser here, got none.")
        return self.optimizers[0]

    @property
    def groups(self) -> list[dict[str, Any]]:
        """The parameter groups of all optimisers, as they stand; they may be changed on a copy alone."""
        return [group for optimizer in self.optimizers for group in optimizer.param_groups]

    def copy(self, *, shared: list[str] | None = None) -> Snapshot:
        """All, copied together, so that the optimisers' copies hold the copied model's parameters.

        What wraps the model for several processes or compiles it is left out; so is what a watch has hooked into it.

        Args:
            shared: None, or a list. Given a list, what cannot be copied is shared with the original, and its name is
                added to the list.

        Raises:
            TypeError: an attribute that cannot be copied, and ``shared`` is None; the message names it.
        """
        model, *optimizers = copied(unwrapped(self.model), *self.optimizers, shared=shared)
        return Snapshot(model, tuple(optimizers))


def unwrapped(model: nn.Module) -> nn.Module:
    """The model within ``DistributedDataParallel``, ``DataParallel`` and ``torch.compile``.

    Its forward pass waits for no other process, and is compiled for nobody.
    """
    kinds = (nn.parallel.DistributedDataParallel, nn.DataParallel)
    while True:
        if isinstance(model, kinds):
            model = model.module
        elif isinstance(inner := model.__dict__.get("_modules", {}).get("_orig_mod"), nn.Module):
            model = inner
        else:
            return model


def roots(model: nn.Module) -> list[nn.Module]:
    """What a loop calls: the model, or its parts if it is a mere container, such as a ``ModuleList`` of two nets.

    So it goes on where a part is a container itself, as a flow whose ``log_prob`` goes through a list of layers.
    """
    if "forward" not in vars(model) and getattr(type(model).forward, "__name__", "") == "_forward_unimplemented":
        return [each for child in model.children() for each in roots(child)]
    return [model]


def parts(model: nn.Module) -> list[nn.Module]:
    """What a loop calls that does not call the model as a whole: its parts, and those of a mere list of layers.

    A layer of a transformer takes another way in eval mode where somebody hears of it, and is left out.
    """
    if (found := roots(model)) != [model] or unwrapped(model) is not model:
        return found if found != [model] else []
    inner = [each for child in model.children() for each in roots(child)]
    return [each for each in dict.fromkeys(inner) if not isinstance(each, nn.TransformerEncoderLayer)]
