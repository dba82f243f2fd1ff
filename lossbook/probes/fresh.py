"""Whether weights are as torch draws them: nobody has trained them, and nobody has loaded others."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lossbook.copying import copied_model
from lossbook.randomness import OwnGenerators

LEAST = 64  # numbers of a parameter that is looked at
BEYOND = 1.02  # largest number over the largest one of a draw; of a uniform draw the bound is nearly met
APART = 1.95  # of the distributions, in the unit of Kolmogorov and Smirnov; one draw in a thousand is as far


def frozen_weights(model: nn.Module) -> list[tuple[str, Tensor, nn.Module]]:
    """The frozen weights, (name, parameter, its module), of modules that can draw theirs anew."""
    return [
        (f"{name}.{own}", param, module)
        for name, module in model.named_modules()
        if callable(getattr(module, "reset_parameters", None))
        for own, param in module.named_parameters(recurse=False)
        if not param.requires_grad and param.ndim > 1 and param.numel() >= LEAST
    ]


def is_as_drawn(param: Tensor, module: nn.Module) -> bool:
    """Whether the numbers could be a draw of the module's own ``reset_parameters``."""
    own = next(name for name, each in module.named_parameters(recurse=False) if each is param)
    copy = copied_model(module, shared=[])
    with OwnGenerators(0), torch.no_grad():
        copy.reset_parameters()  # type: ignore[operator]
    drawn = copy.get_parameter(own)
    ours, theirs = (each.detach().flatten().double().sort().values for each in (param, drawn))
    if float(ours.abs().max()) > BEYOND * float(theirs.abs().max()) * (1 + 1 / len(ours) ** 0.5):
        return False
    places = torch.cat([ours, theirs])
    shares = [torch.searchsorted(each, places, right=True) / len(each) for each in (ours, theirs)]
    return float((shares[0] - shares[1]).abs().max()) < APART * (2 / len(ours)) ** 0.5
