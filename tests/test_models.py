"""Models as configuration."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from lossbook.models import MLP, ConvNet, Net


def test_net_is_the_documents() -> None:
    shapes = {name: tuple(param.shape) for name, param in Net().named_parameters() if name.endswith("weight")}
    assert shapes == {
        "conv1.weight": (32, 1, 3, 3),
        "conv2.weight": (64, 32, 3, 3),
        "fc1.weight": (128, 64 * 12 * 12),
        "fc2.weight": (10, 128),
    }


@pytest.mark.parametrize("model", [ConvNet(), ConvNet((2, 3), 1, 4, (0.0, 0.0), 5), ConvNet(kernel_size=13), MLP()])
def test_logits_come_out(model: Any) -> None:
    net = model.build()
    classes = model.classes if isinstance(model, ConvNet) else model.sizes[-1]
    assert net(torch.zeros(2, 1, 28, 28)).shape == (2, classes)


def test_net_runs_on_the_meta_device() -> None:
    assert Net().to("meta")(torch.zeros(2, 1, 28, 28, device="meta")).device.type == "meta"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ConvNet(kernel_size=14), r"kernel_size must lie in \[1, 13\], got 14"),
        (lambda: ConvNet(kernel_size=2.0), "kernel_size must be a whole number, got 2.0"),  # type: ignore[arg-type]
        (lambda: ConvNet(dropout=(0.5, 1.0)), r"dropout\[1\] must lie in \[0, 1\), got 1.0"),
        (lambda: ConvNet(channels=(0, 4)), r"channels\[0\] must be at least 1, got 0"),
        (lambda: ConvNet(channels=[4, 4]), r"channels must be a tuple of two numbers, got \[4, 4\]"),  # type: ignore
        (lambda: MLP(sizes=(784,)), r"sizes must be a tuple of at least two numbers.*got \(784,\)"),
        (lambda: MLP(sizes=(784, 0)), r"sizes\[1\] must be at least 1, got 0"),
    ],
)
def test_bad_knobs_are_refused(make: Any, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        make()
