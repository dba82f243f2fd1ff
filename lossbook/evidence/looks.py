"""What is looked at in gradients and weights, in few operations."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lossbook.norms import TINY, norm

SAMPLE = 1 << 16  #: entries of one tensor of which shares are taken
Mark = tuple[int, int]  #: where a tensor's memory begins, and how often it was written


def dense(grad: Tensor) -> Tensor:
    """The entries of a gradient that may be sparse, or complex."""
    grad = grad.detach() if grad.requires_grad else grad
    grad = grad.coalesce().values() if grad.is_sparse else grad
    return torch.view_as_real(grad) if grad.is_complex() else grad


def present(grads: Iterable[Tensor | None]) -> list[Tensor]:
    """The gradients that are there."""
    return [dense(grad) for grad in grads if grad is not None]


def length(tensors: list[Tensor]) -> Any:
    """Euclidean norm over all of them, in float64 where the device has it: a float, or a tensor on a device."""
    kind = tensors[0].device.type if tensors else "cpu"
    if kind not in ("cpu", "mps"):  # waits for nothing
        norms = torch._foreach_norm([each for each in tensors if each.numel()], 2, dtype=torch.float64)
        return torch.linalg.vector_norm(torch.stack([each.to(norms[0].device) for each in norms]))
    if tensors and all([each.dtype == torch.float32 for each in tensors]):
        quick = float(torch.linalg.vector_norm(torch.stack(torch._foreach_norm(tensors))))
        if TINY < quick < math.inf:
            return quick
    return norm(tensors) if kind == "mps" else float(norm(tensors))


def shares(grads: list[Tensor]) -> tuple[Tensor, Tensor]:
    """The share of entries that are exactly 0, and of those that are not finite; of large tensors, on every k-th."""
    device = grads[0].device if grads else torch.device("cpu")
    zeros, bad, count = torch.zeros((), device=device), torch.zeros((), device=device), 0
    for grad in grads:
        flat = grad.reshape(-1)
        flat = flat[:: odd(flat.numel() / SAMPLE)]
        zeros += (flat == 0).sum().to(device)
        bad += (~torch.isfinite(flat)).sum().to(device)
        count += flat.numel()
    return zeros / max(count, 1), bad / max(count, 1)


def mark(tensor: Tensor | None) -> Mark | None:
    """Equal as long as nobody has written into a tensor, or put another in its place."""
    return None if tensor is None else (tensor._version, 0 if tensor.is_sparse else tensor.data_ptr())


def versions(tensors: Iterable[Tensor]) -> int | None:
    """A number that grows whenever one of them is written; None: tensors made in inference mode do not count it."""
    try:
        return sum([each._version for each in tensors])
    except RuntimeError:
        return None


def fingerprint(leaves: list[Any]) -> Any:
    """A number that is equal for equal tensors, and hardly ever for others, from at most some hundred entries each."""
    content, total = hashlib.blake2b(digest_size=6), None
    for place, each in enumerate(leaves):
        if isinstance(each, np.ndarray) and each.dtype != object:
            content.update(each.reshape(-1)[:: odd(each.size / 256)].tobytes())
            continue
        if each is None or isinstance(each, (bool, int, float, complex, str, bytes)):
            content.update(repr(each).encode())
            continue
        if not isinstance(each, Tensor) or each.layout is not torch.strided or each.is_nested or each.is_meta:
            return math.nan  # nothing is known of it, and it is equal to no other
        if each.numel() == 0:
            continue
        stride, flat = odd(each.numel() / 256), each.detach()
        if flat.device.type == "cpu":
            flat = flat.int_repr() if flat.is_quantized else flat
            sample = flat.reshape(-1)[::stride].resolve_conj().resolve_neg().clone()
            # of a copy: torch's numpy() forbids for ever that the tensor's storage is resized
            content.update(sample.view(torch.uint8).numpy().tobytes())
        else:  # without waiting for it
            flat = flat.reshape(-1)[::stride]
            flat = torch.view_as_real(flat).reshape(-1) if flat.is_complex() else flat
            weights = _weights(len(flat), flat.device)
            part = (place + 1) * (flat.to(weights.dtype) * weights).sum()
            total = part if total is None else total + part.to(total.device)
    return float(int.from_bytes(content.digest(), "big")) if total is None else total


def odd(stride: float) -> int:
    """An odd number near ``stride``, at least 1: rows of an image are even, and would be met at the same pixels."""
    return int(stride) | 1


WEIGHTS: dict[tuple[int, torch.device], Tensor] = {}


def _weights(n: int, device: torch.device) -> Tensor:
    if (n, device) not in WEIGHTS:
        dtype = torch.float32 if device.type == "mps" else torch.float64
        WEIGHTS[n, device] = torch.cos(torch.arange(n, dtype=dtype, device=device) * 1.7) + 2
    return WEIGHTS[n, device]
