"""Which device a run uses."""

from __future__ import annotations

import contextlib
import platform
import textwrap
import warnings

import torch

from lossbook.values import shown

USUAL = ("cpu", "cuda", "mps")


def resolve_device(device: str | torch.device = "auto") -> torch.device:
    """``"auto"`` takes CUDA, then Apple's MPS, then the CPU; any other name is one of torch's, such as "cuda:1".

    Raises:
        ValueError: the device is asked for by name and is not there, or numbers cannot be computed on it.

    >>> resolve_device("cpu")
    device(type='cpu')
    """
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    reason = "it is no name"
    if isinstance(device, str | torch.device):
        usual = str(device).partition(":")[0] in USUAL  # torch warns of some others before it refuses them
        try:
            with contextlib.nullcontext() if usual else warnings.catch_warnings(action="ignore"):
                if float(torch.ones(1, device=device) + 1) == 2:
                    return torch.device(device)
        except Exception as error:  # torch raises another kind of error for nearly every kind of missing device
            reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
    raise ValueError(
        f"device must be one that this machine has, got {shown(device)} "
        f'({textwrap.shorten(reason, 100, placeholder=" ...")}). device="auto" takes the best one that is there.'
    )


def available_devices() -> list[str]:
    """Those of the usual devices that this machine has.

    >>> "cpu" in available_devices()
    True
    """
    found = []
    for name in USUAL:
        with contextlib.suppress(ValueError):
            found.append(resolve_device(name).type)
    return found


def device_name(device: torch.device) -> str:
    """The name of a device: the model of the GPU, or the kind of the processor."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine()
