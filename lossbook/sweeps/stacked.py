"""Many nets of one architecture as one computation: a leading axis of runs through the forward pass and the loss."""

from __future__ import annotations

import functools
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from lossbook.losses import Loss
from lossbook.models import ACTIVATIONS

DENSE = (nn.Flatten, nn.Linear, *ACTIVATIONS.values())  # the modules of a plain dense net


def parameters(net: nn.Module, flat: Tensor) -> dict[str, Tensor]:
    """name -> parameters of all runs, views of ``flat``, (runs, all parameters of one net)."""
    shapes = {name: param.shape for name, param in net.named_parameters()}
    parts = flat.split([shape.numel() for shape in shapes.values()], dim=1)
    return {name: part.view(-1, *shape) for (name, shape), part in zip(shapes.items(), parts, strict=True)}


def outputs(net: nn.Module, params: dict[str, Tensor], x: Tensor) -> Tensor:
    """The outputs of each run's net, (runs, N, ...).

    Args:
        net: the architecture; its own parameters are not used.
        params: name -> (runs, ...).
        x: one batch for each run, (runs, N, ...); one for all may be expanded.
    """
    if isinstance(net, nn.Sequential) and all(isinstance(layer, DENSE) for layer in net):
        return _dense(net, params, x)
    return vmap(lambda params, x: functional_call(net, params, (x,)))(params, x)


def _dense(net: nn.Sequential, params: dict[str, Tensor], x: Tensor) -> Tensor:
    """The same for dense layers and activations, by a layer's own products, without the cost of vmap at each step."""
    h = x.flatten(2)
    for name, layer in net.named_children():
        if isinstance(layer, nn.Linear):
            weight, bias = params[f"{name}.weight"], params.get(f"{name}.bias")
            # W·hᵀ, not h·Wᵀ: its gradient is gᵀ·h, the product of a layer alone; h·Wᵀ would give hᵀ·g, which is slower,
            # ten times so where g holds numbers too small for full precision, as a softmax does that is sure
            h = (torch.bmm(weight, h.mT) if bias is None else torch.baddbmm(bias.unsqueeze(2), weight, h.mT)).mT
        elif not isinstance(layer, nn.Flatten):
            h = layer(h)
    return h


def losses(loss: Loss, output: Tensor, target: Tensor) -> Tensor:
    """The loss of each run, (runs,), as a run alone computes it; ``output`` and ``target`` are (runs, N, ...)."""
    each = _of_each(loss).value(output.flatten(0, 1), target.flatten(0, 1)).reshape(len(output), -1)
    return each.mean(1) if loss.reduction == "mean" else each.sum(1)


@functools.cache
def _of_each(loss: Loss) -> Loss:
    """The same loss with one value for each example or element."""
    return replace(loss, reduction="none")
