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

    tensors = [x.detach() for x in tensors if x.numel()]
    if not tensors:
        return torch.zeros(())
    kind = tensors[0]
    if kind.device.type == "cpu" and kind.dtype.itemsize > 2:
        quick = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(tensors)))
        if TINY < float(quick) < math.inf:
            return quick.double()
    return row_norms(torch.cat([row_norms(x.reshape(1, -1)) for x in tensors])[None])[0]


def row_norms(table: Tensor) -> Tensor:
    """Euclidean norm of each row of (rows, n), (rows,), in float64 where the device has it, as :func:`norm`."""
    import torch

    length, device = torch.linalg.vector_norm, table.device.type
    if device == "cpu" and table.dtype.itemsize > 2:
        quick = length(table, dim=1)
        if bool(((quick > TINY) & (quick < math.inf)).all()):
            return quick.double()
    elif device != "mps" and table.dtype != torch.float64:
        return length(table, dim=1, dtype=torch.float64)
    table = table if device == "mps" else table.double()
    top = table.abs().amax(dim=1, keepdim=True)
    unit = torch.where(torch.isfinite(top) & (top > 0), top, 1.0)
    return length(table / unit, dim=1) * unit[:, 0]
