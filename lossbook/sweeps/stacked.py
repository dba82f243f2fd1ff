"""Many nets of one architecture as one computation: a leading axis of runs through the forward pass and the loss."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from lossbook.losses import LOSSES, Loss
from lossbook.models import ACTIVATIONS

DENSE = (nn.Flatten, nn.Linear, *ACTIVATIONS.values())  # the modules of a plain dense net

AVERAGED = {type(loss) for loss in LOSSES.values()}  # losses that are a mean or a sum of one number for each example


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
            h = _Layer.apply(h, weight, bias)
        elif not isinstance(layer, nn.Flatten):
            h = layer(h)
    return h


class _Layer(torch.autograd.Function):
    """h·Wᵀ + b of each run, whose gradient for W is gᵀ·h, as a layer alone computes it.

    torch's own for such a product is hᵀ·g: slower, and ten times so where g holds numbers too small for full precision,
    as behind a softmax that is sure of a class.
    """

    @staticmethod
    def forward(ctx: Any, h: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(h, weight)
        return torch.bmm(h, weight.mT) if bias is None else torch.baddbmm(bias.unsqueeze(1), h, weight.mT)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, ...]:
        h, weight = ctx.saved_tensors
        of_input, _, of_bias = ctx.needs_input_grad
        return torch.bmm(g, weight) if of_input else None, torch.bmm(g.mT, h), g.sum(1) if of_bias else None


def losses(loss: Loss, output: Tensor, target: Tensor) -> Tensor:
    """The loss of each run, (runs,), as a run alone computes it; ``output`` and ``target`` are (runs, N, ...)."""
    weighted = any(getattr(loss, knob, None) is not None for knob in ("weights", "ignore_index"))
    if weighted or type(loss) not in AVERAGED:
        return torch.stack([loss.value(*of_run).reshape(()) for of_run in zip(output, target, strict=True)])
    each = _of_each(loss).value(output.flatten(0, 1), target.flatten(0, 1)).reshape(len(output), -1)
    return each.mean(1) if loss.reduction == "mean" else each.sum(1)


@functools.cache
def _of_each(loss: Loss) -> Loss:
    """The same loss with one value for each example or element."""
    return replace(loss, reduction="none")
