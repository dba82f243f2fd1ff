"""A device that cannot be used is told in one sentence, whatever torch raises for it."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from lossbook.devices import resolve_device

NAMED = "cpu cuda ipu xpu mkldnn opengl opencl ideep hip ve fpga maia xla lazy vulkan mps meta hpu mtia privateuseone"
ODD = ("cuda:99", "CUDA", "gpu", "", " cpu", "cpu:-1", "cpu\n\ncpu", "x" * 500, None, 3, True, 1.5, b"cpu", [])


@pytest.mark.parametrize("device", [*NAMED.split(), *ODD, torch.device("meta")], ids=lambda device: repr(device)[:20])
def test_a_device_computes_or_is_refused_in_one_sentence(device: Any) -> None:
    try:
        found = resolve_device(device)
    except ValueError as error:
        assert str(error).startswith("device must be one that this machine has, got ")
        assert str(error).endswith('. device="auto" takes the best one that is there.')
        assert "\n" not in str(error)
        assert len(str(error)) < 300
    else:
        assert device in ("cpu", "cuda", "mps", "xpu", "mtia", "hpu")
        assert float(torch.ones(1, device=found) + 1) == 2


@pytest.mark.parametrize("device", ["auto", "cpu", "cpu:0", torch.device("cpu")])
def test_names_and_torchs_objects_are_taken(device: Any) -> None:
    found = resolve_device(device)
    assert found.type == "cpu" or device == "auto"
