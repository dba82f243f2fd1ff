"""Nets that others have trained on ImageNet, with a fresh head."""

from __future__ import annotations

import pickle
from pathlib import Path

import torch
from torch import nn

from lossbook import checks

#: name in torchvision -> path of its last dense layer
HEADS = {
    "resnet18": "fc",
    "resnet34": "fc",
    "resnet50": "fc",
    "mobilenet_v3_small": "classifier.3",
    "efficientnet_b0": "classifier.1",
    "convnext_tiny": "classifier.2",
    "vit_b_16": "heads.head",
}


def pretrained(name: str = "resnet18", classes: int = 10, freeze: bool = True) -> nn.Module:
    """torchvision's net with its ImageNet weights and a new last layer, drawn from torch's current random state.

    Args:
        name: the net, a key of ``HEADS``.
        classes: number of classes K of the new layer.
        freeze: train the new layer alone. The running statistics of a batch norm are no parameters: they still
            follow the data in train mode, unless the norm is in eval mode, which :func:`lossbook.run` does not change.

    Input (N, 3, H, W), normalised as ``torchvision.models.get_model_weights(name).DEFAULT.transforms()`` does it;
    output (N, ``classes``).

    Raises:
        ValueError: an unknown name, or fewer than two classes.
        TypeError: a value of another type.
        OSError: the weights are not in torch's folder and cannot be downloaded, or their file is damaged.

    >>> pretrained("resnet19")
    Traceback (most recent call last):
    ValueError: name must be one of 'resnet18', ... got 'resnet19'. Did you mean 'resnet18'?

    Reference: Yosinski et al., How transferable are features in deep neural networks? (NeurIPS 2014).
    """
    checks.one_of("name", name, HEADS)
    checks.whole_number("classes", classes, 2)
    checks.flag("freeze", freeze)
    net = _load(name)
    net.requires_grad_(not freeze)
    parent, _, last = HEADS[name].rpartition(".")
    head = net.get_submodule(HEADS[name])
    setattr(net.get_submodule(parent), last, nn.Linear(head.in_features, classes))  # type: ignore[arg-type]
    return net


def _load(name: str) -> nn.Module:
    """torchvision's net with its weights, or an OSError that says what to do."""
    from torchvision.models import get_model, get_model_weights

    url = get_model_weights(name).DEFAULT.url
    path = Path(torch.hub.get_dir()) / "checkpoints" / url.rpartition("/")[-1]
    try:
        return get_model(name, weights="DEFAULT")
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        if path.exists():
            raise OSError(
                f"The file {path} is damaged or holds other weights ({reason}). Delete it and call again with a "
                f"network, or replace it with {url}."
            ) from error
        raise OSError(
            f"The weights of {name} are not in {path.parent} and could not be downloaded ({reason}). Call once with a "
            f"network, or fetch {url} elsewhere and put it there as {path.name}."
        ) from error
