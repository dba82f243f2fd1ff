"""A device that cannot be used gives an error of one sentence, whatever torch raises for it."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from lossbook.devices import resolve_device

NAMED = "cpu cuda ipu xpu mkldnn opengl opencl ideep hip ve fpga maia xla lazy vulkan mps meta hpu mtia privateuseone"
ODD = ("cuda:99", "CUDA", "gpu", "", " cpu", "cpu:-1", "cpu\n\ncpu", "x" * 500, None, 3, True, 1.5, b"cpu", [])


def works(device: Any) -> bool:
    """Whether torch can compute on it."""
    try:
        return isinstance(device, str) and float(torch.ones(1, device=device) + 1) == 2
    except Exception:
        return False


@pytest.mark.filterwarnings("ignore:.*mkldnn.*")
@pytest.mark.parametrize("device", [*NAMED.split(), *ODD, torch.device("meta")], ids=lambda device: repr(device)[:20])
def test_a_device_computes_or_is_refused_in_one_sentence(device: Any) -> None:
    if works(device):
        assert resolve_device(device) == torch.device(device)
        return
    with pytest.raises(ValueError, match="^device must be one that this machine has, got ") as caught:
        resolve_device(device)
    sentence = str(caught.value)
    assert sentence.endswith('. device="auto" takes the best one that is there.')
    assert "\n" not in sentence
    assert len(sentence) < 300


@pytest.mark.parametrize("device", ["auto", "cpu", "cpu:0", torch.device("cpu")])
def test_names_and_torchs_objects_are_taken(device: Any) -> None:
    found = resolve_device(device)
    assert found.type == "cpu" or device == "auto"
