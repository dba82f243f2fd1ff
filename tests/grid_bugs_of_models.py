"""Bugs of the grid in the model."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import torch
from grid_models import LM, Anew, Before, Cut, Hidden, InBFloat16, Wrapped, mlp
from grid_rows import Bug, exchanged, model_of, weights
from grid_tasks import Task
from torch import Tensor, nn


def _frozen(model: nn.Module) -> nn.Module:
    model.requires_grad_(False)
    weights(model)[-1].requires_grad_(True)
    return model


def _tables_frozen(model: nn.Module) -> nn.Module | None:
    tables = [part for part in model.modules() if isinstance(part, nn.Embedding)]
    for table in tables:
        nn.init.normal_(table.weight, std=0.02)
        table.requires_grad_(False)
    return model if tables else None


def _of_another(task: Task) -> Task:
    return replace(task, optimized=copy.deepcopy(task.model))


def _head_replaced(task: Task) -> Task | None:
    """The optimiser was made, and then all layers but the last were made anew."""
    old = copy.deepcopy(task.model)
    for part in weights(task.model)[:-1]:
        part.reset_parameters()
    old_last, last = weights(old)[-1], weights(task.model)[-1]
    last.load_state_dict(old_last.state_dict())
    held = nn.ModuleList([part for part in old.modules() if not list(part.children()) and part is not old_last])
    held.append(last)
    return replace(task, optimized=held)


def _zeros(model: nn.Module) -> nn.Module:
    for part in weights(model):
        nn.init.zeros_(part.weight)
        nn.init.zeros_(part.bias)
    return model


def _times(factor: float):
    def make(model: nn.Module) -> nn.Module:
        with torch.no_grad():
            for part in weights(model):
                part.weight.mul_(factor)
        return model

    return make


def _dead(task: Task) -> Task | None:
    """Biases of -10 before the ReLUs."""
    if not isinstance(task.model, nn.Sequential) or not any(isinstance(each, nn.ReLU) for each in task.model):
        return None
    with torch.no_grad():
        for part in weights(task.model)[:-1]:
            part.bias.fill_(-10.0)
    return task


def _narrow(task: Task) -> Task | None:
    if task.name in ("regress", "binary", "labels", "mlpsgd"):
        layers = weights(task.model)
        narrow = mlp(layers[0].in_features, layers[-1].out_features, 2 if task.name in ("regress", "binary") else 3)
        return replace(task, model=narrow, steps=2 * task.steps)
    return None


def _sigmoids(task: Task) -> Task | None:
    if task.name not in ("regress", "binary", "labels", "mlpsgd"):
        return None
    layers, width, parts = weights(task.model), weights(task.model)[0].in_features, []
    for _ in range(10):
        parts += [nn.Linear(width, 48), nn.Sigmoid()]
        width = 48
    return replace(task, model=nn.Sequential(*parts, nn.Linear(width, layers[-1].out_features)))


def _saturated(task: Task) -> Task | None:
    if task.name not in ("regress", "binary", "labels", "mlpsgd"):
        return None
    model = exchanged(task.model, nn.ReLU, lambda old: nn.Tanh())
    assert model is not None
    return replace(task, model=_times(40)(model))


def _mixed(x: Tensor) -> Tensor:
    return x.reshape(len(x), -1).T.reshape(x.shape)


def _listed(task: Task) -> Task | None:
    if not isinstance(task.model, nn.Sequential):
        return None
    *first, last = task.model
    return replace(task, model=nn.Sequential(Hidden(*first), last))


def _made_anew(task: Task) -> Task | None:
    if task.name not in ("regress", "binary", "labels", "mlpsgd", "auto"):
        return None
    parts = list(task.model)
    place = 2 if task.name != "auto" else 0
    return replace(task, model=nn.Sequential(*parts[:place], Anew(parts[place]), *parts[place + 1 :]))


def _sees_all(task: Task) -> Task | None:
    if task.name != "lm":
        return None
    model = LM(causal=False)
    return replace(task, model=model, steps=300)


def _after(function: Any, *kinds: str) -> Any:
    return model_of(lambda model: Wrapped(model, function), lambda task: task.kind in kinds or task.name in kinds)


def _linear(model: nn.Module) -> nn.Module | None:
    return exchanged(model, nn.ReLU, lambda old: nn.Identity())


def _slot(make: Any) -> Any:
    return model_of(lambda model: exchanged(model, nn.Identity, lambda old: make(), last=True))


_RANGED = ("regress", "gcn", "series")
_HELD = ("parameters-not-optimized",)
_FRESH = (*_HELD, "weights-not-loaded")  # what is frozen is as it was drawn
_RANGE = ("output-activation-mismatch", "softmax-before-cross-entropy")

MODELS = {
    "frozen but for the last": Bug(model_of(_frozen), _FRESH),
    "tables frozen": Bug(model_of(_tables_frozen), (*_FRESH, "bad-init-scale")),
    "optimiser of another": Bug(_of_another, _HELD),
    "layers replaced": Bug(_head_replaced, _HELD),
    "softmax": Bug(_after(lambda o: o.softmax(1), "classes"), ("softmax-before-cross-entropy",)),
    "sigmoid": Bug(_after(torch.sigmoid, "yes-no"), _RANGE),
    "relu at the end": Bug(_after(torch.relu, *_RANGED, "binary", "classes"), (*_RANGE[:1], "dead-relu")),
    "tanh at the end": Bug(_after(torch.tanh, *_RANGED), _RANGE[:1]),
    "detached": Bug(_slot(Cut), ("graph-detached",)),
    "weights zero": Bug(model_of(_zeros), ("symmetric-init", "dead-relu", "bad-init-scale")),
    "weights times 20": Bug(model_of(_times(20)), ("bad-init-scale", "exploding-gradients", "saturated-activations")),
    "weights over 100": Bug(model_of(_times(0.01)), ("bad-init-scale", "vanishing-gradients", "symmetric-init")),
    "biases of -10": Bug(_dead, ("dead-relu",)),
    "narrow": Bug(_narrow, ("capacity-too-small",)),
    "dropout of 0.95": Bug(_slot(lambda: nn.Dropout(0.95)), ("dropout-too-high",)),
    "no activation": Bug(model_of(_linear), ("missing-nonlinearity",)),
    "ten sigmoids": Bug(_sigmoids, ("vanishing-gradients", "saturated-activations")),
    "tanh saturated": Bug(_saturated, ("saturated-activations", "bad-init-scale")),
    "rows scrambled": Bug(model_of(lambda m: Before(m, _mixed), lambda t: len(t.data) == 2), ("batch-mixing",)),
    "layers in a list": Bug(_listed, ("unregistered-layers",)),
    "layer made in forward": Bug(_made_anew, ("unregistered-layers",)),
    "inputs ignored": Bug(model_of(lambda m: Before(m, torch.zeros_like)), ("input-ignored",)),
    "no causal mask": Bug(_sees_all, ("target-leak",), always=True),
    "weights in bfloat16": Bug(model_of(InBFloat16, lambda t: t.kind in ("classes", "numbers")), ("low-precision",)),
}
