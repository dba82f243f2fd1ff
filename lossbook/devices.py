"""Which device a run uses."""

from __future__ import annotations

import platform

import torch


def resolve_device(device: str = "auto") -> torch.device:
    """``"auto"`` takes CUDA, then Apple's MPS, then the CPU; any other name is torch's own.

    Raises:
        ValueError: the device is asked for by name and is not there.
    """
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ValueError(
            f"device must be one that this machine has, got {device!r} ({reason}). "
            'device="auto" takes the best one that is there.'
        ) from error
    return torch.device(device)


def device_name(device: torch.device) -> str:
    """What a device calls itself: the model of the GPU, or the kind of the processor."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine()
