"""What a model's outputs can reach, whatever its weights are."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import nn

from lossbook.copying import copied_model
from lossbook.evidence import Batch
from lossbook.evidence.replay import output_of
from lossbook.evidence.structure import tensors
from lossbook.probes.passes import layers

FAR = 1e4  # how far the last layer's output is driven, and a hundred times as far: an activation is at its ends
SCALED = 3.0  # factor on all parameters, which leaves the ends of an activation where they are
SAME = 1e-3  # relative difference of two ends that are one; an output without activation differs by a factor of 100


class Reach(NamedTuple):
    """The ends of the outputs, whatever the weights are; infinite where there is none."""

    low: float = -math.inf
    high: float = math.inf


def reach(model: nn.Module, batch: Batch) -> Reach | None:
    """What the outputs can reach: drive the output of the last layer with weights far up and down, and look.

    An end that stays where it is, however far that layer is driven and however all parameters are scaled, is one of an
    activation. None if the model has no layer with weights.
    """
    calls = layers(model, batch)
    if not calls:
        return None
    ends = [_driven(model, calls[-1].name, batch, *how) for how in ((FAR, 1.0), (100 * FAR, 1.0), (FAR, SCALED))]
    (low, *lows), (high, *highs) = zip(*ends, strict=True)
    return Reach(
        low if all(_same(low, other) for other in lows) else -math.inf,
        high if all(_same(high, other) for other in highs) else math.inf,
    )


def _driven(model: nn.Module, name: str, batch: Batch, far: float, scale: float) -> tuple[float, float]:
    """The lowest and the highest output if that layer gives numbers about so far from zero, either way.

    Where it is called twice, as for the two pictures of a pair, it gives other numbers the second time.
    """
    model = copied_model(model)
    with torch.no_grad():
        for param in model.parameters():
            param.mul_(scale)
    way, rng = far, torch.Generator().manual_seed(0)
    model.get_submodule(name).register_forward_hook(
        lambda _, inputs, output: way * torch.randn(output.shape, generator=rng).to(output)
    )
    outputs = [output_of(model, batch)]
    way, rng = -far, torch.Generator().manual_seed(0)
    made = [each.flatten() for each in tensors([*outputs, output_of(model, batch)]) if each.is_floating_point()]
    reached = torch.cat(made)
    return float(reached.min()), float(reached.max())


def _same(end: float, other: float) -> bool:
    return math.isfinite(end) and abs(end - other) <= SAME * max(abs(end), SAME)
