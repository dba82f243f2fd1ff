"""Euclidean norms that neither overflow nor vanish, and that do not wait for a GPU."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

TINY = 1e-15  # below this, a norm may lack entries whose squares are 0 in float32


def norm(tensors: list[Tensor]) -> Tensor:
    """Euclidean norm over all entries of all tensors; zero if there is none.

    It is infinite only if an entry is, or, on a device without float64, if the norm exceeds float32. On a GPU nothing
    waits.
    """
    import torch

    with torch._C.DisableTorchFunction():  # who watches a training waits some 10 µs for each call that it sees
        tensors = [x.detach() for x in tensors if x.numel()]
        if not tensors:
            return torch.zeros(())
        kind = tensors[0]
        if kind.device.type == "cpu" and kind.dtype.itemsize > 2:
            quick = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(tensors)))
            if not ((length := float(quick)) <= TINY or length == math.inf):  # NaN stays NaN
                return quick.double()
        return row_norms(torch.cat([row_norms(x.reshape(1, -1)) for x in tensors])[None])[0]


def row_norms(table: Tensor) -> Tensor:
    """Euclidean norm of each row of (rows, n), (rows,), in float64 where the device has it, as :func:`norm`."""
    import torch

    length, device = torch.linalg.vector_norm, table.device.type
    if device == "cpu" and table.dtype.itemsize > 2:
        norms = length(table, dim=1).double()
        for row in ((norms <= TINY) | (norms == math.inf)).nonzero()[:, 0].tolist():  # few; NaN stays NaN
            norms[row] = _in_units_of_the_largest(table[row : row + 1].double())[0] if bool(table[row].any()) else 0.0
        return norms
    if device != "mps" and table.dtype != torch.float64:
        return length(table, dim=1, dtype=torch.float64)
    return _in_units_of_the_largest(table if device == "mps" else table.double())


def _in_units_of_the_largest(table: Tensor) -> Tensor:
    """The norm of each row, whose squares are those of numbers up to 1."""
    import torch

    top = table.abs().amax(dim=1, keepdim=True)
    unit = torch.where(torch.isfinite(top) & (top > 0), top, 1.0)
    return torch.linalg.vector_norm(table / unit, dim=1) * unit[:, 0]
