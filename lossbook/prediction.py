"""The outputs of a model for any number of examples; its train and eval modes stay as they were."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from lossbook import checks

if TYPE_CHECKING:
    from torch import Tensor, nn


def predict(model: nn.Module, x: Any, *, batch: int | None = None) -> Tensor:
    """The model's output on all of ``x``, in eval mode, on the CPU; each module's own mode is left as it was.

    Args:
        model: any module that gives one tensor.
        x: inputs (N, ...), a tensor, a NumPy array or a list. They are moved to the model's device, and floating inputs
            are converted to the dtype of its first floating parameter or buffer; integers, such as the indices of
            words, stay integers. A model without parameters gets them as they are.
        batch: examples per forward pass, at least 1; by default 1000, but 64 in float64, where torch's convolution
            first copies its inputs, once for each place of its kernel: a megabyte and more for each image.

    Raises:
        ValueError: ``batch`` below 1; ``x`` without an axis of examples.
        TypeError: the model gives something other than one tensor.

    >>> import torch
    >>> predict(torch.nn.Embedding(5, 2), torch.tensor([[1, 4, 0]])).shape
    torch.Size([1, 3, 2])
    """
    import torch

    if batch is not None:
        checks.whole_number("batch", batch, 1)
    x = as_tensor(x)
    if x.ndim == 0:
        raise ValueError(f"x must have an axis of examples, (N, ...), got the single number {x.item()}.")
    held = [*model.parameters(), *model.buffers()]
    floating = [tensor.dtype for tensor in held if tensor.is_floating_point()]
    dtype = floating[0] if floating and x.is_floating_point() else x.dtype
    device = held[0].device if held else x.device
    size = batch or (64 if dtype == torch.float64 else 1000)
    with modes_kept(model), torch.no_grad():
        model.eval()
        return torch.cat([one_tensor(model(part.to(device, dtype))) for part in x.split(size)]).cpu()


def as_tensor(x: Any) -> Tensor:
    """A tensor as it is; anything else by way of NumPy, copied only if torch cannot share it (``x[::-1]``)."""
    import numpy as np
    import torch

    return x if isinstance(x, torch.Tensor) else torch.as_tensor(np.require(x, requirements=["C", "W"]))


def one_tensor(output: Any) -> Tensor:
    """A model's output, if it is a tensor.

    Raises:
        TypeError: it is something else.
    """
    import torch

    if not isinstance(output, torch.Tensor) or output.ndim == 0:
        many = f" of {len(output)}" if isinstance(output, (tuple, list, dict)) else ""
        got = "one number" if isinstance(output, torch.Tensor) else f"a {type(output).__name__}{many}"
        raise TypeError(
            f"model must give one tensor, (N, ...), got {got}: wrap it in a module whose forward() returns the one "
            "that counts."
        )
    return output


@contextmanager
def modes_kept(model: nn.Module) -> Iterator[None]:
    """A context after which each module is in its old mode, train or eval, also a module that was kept in eval mode."""
    modes = [(module, module.training) for module in model.modules()]
    try:
        yield
    finally:
        for module, mode in modes:  # a module comes before its parts, since its train() changes their modes too
            if module.training is not mode:
                module.train(mode)
