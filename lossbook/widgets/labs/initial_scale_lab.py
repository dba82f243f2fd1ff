"""Lab: how large the first weights are, and how much of a signal is left after ten layers."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import NamedTuple

import torch
from matplotlib.figure import Figure
from torch import nn

from lossbook.initializers import He, Normal, Xavier
from lossbook.models import MLP
from lossbook.plotting import PALETTE
from lossbook.train import build
from lossbook.widgets.controls import Control
from lossbook.widgets.explorer import Explorer, explore
from lossbook.widgets.labs.base import FAINT, TRAINING, decades, sheet
from lossbook.widgets.words import capital, number

DEPTH, WIDTH, EXAMPLES = 10, 64, 256
NAMES = {
    "normal, std 0.01": Normal(0.01),
    "normal, std 0.05": Normal(0.05),
    "normal, std 0.1": Normal(0.1),
    "Xavier": Xavier(),
    "He": He(),
    "normal, std 0.3": Normal(0.3),
    "normal, std 1": Normal(1.0),
}  #: name in the list -> initialiser, from small to large weights in the hidden layers
ACTIVATIONS = ("relu", "tanh", "sigmoid", "none")
LAYERS = range(1, DEPTH + 1)
NOTHING = 1e-6  # largest gradient norm of all layers; std 0.01 with relu has 5e-13, the next one 5e-6


class Layers(NamedTuple):
    spread: tuple[float, ...]  # standard deviation of the values behind each hidden layer
    grad_norm: tuple[float, ...]  # norm of the gradient of its weights


@functools.cache
def layers(init: str, activation: str) -> Layers:
    """One pass through a fresh net, forwards and back."""
    sizes = (196, *[WIDTH] * DEPTH, 10)
    experiment = replace(TRAINING, model=MLP(sizes=sizes, activation=activation, init=NAMES[init]), dtype="float64")
    split, net = experiment.data.load(), build(experiment).double()
    h, spread = torch.as_tensor(split.train_x[:EXAMPLES]).double(), []
    for layer in net.children():
        h = layer(h)
        if not isinstance(layer, (nn.Flatten, nn.Linear)):
            spread.append(float(h.detach().std()))
    experiment.loss.value(h, torch.as_tensor(split.train_y[:EXAMPLES])).backward()
    dense = [layer for layer in net.children() if isinstance(layer, nn.Linear)][:DEPTH]
    return Layers(tuple(spread), tuple(float(torch.linalg.vector_norm(layer.weight.grad)) for layer in dense))


def render(init: str, activation: str) -> tuple[Figure, str]:
    figure, axes = sheet()
    names = ("spread of the activations", "norm of the weights' gradient")
    for ax, quantity, name, colour in zip(axes, Layers._fields, names, PALETTE, strict=False):
        for other in NAMES:
            ax.plot(LAYERS, getattr(layers(other, activation), quantity), color=FAINT, linewidth=0.8)
        ax.plot(LAYERS, getattr(layers(init, activation), quantity), color=colour, linewidth=2.6)
        ax.set(xlabel="hidden layer", ylabel=name, yscale="log", ylim=(1e-14, 1e13), xticks=(1, 4, 7, 10))
        decades(ax.yaxis, range(-12, 13, 4))
    chosen = layers(init, activation)
    return figure, (
        f"{capital(init)}, {activation}: from the first hidden layer to the last the spread {change(chosen.spread)}; "
        f"on its way back, from the last to the first, the gradient's norm {change(chosen.grad_norm[::-1])}."
    )


def change(sizes: tuple[float, ...]) -> str:
    """How the first differs from the last, in words; a gradient that is lost in all layers is called so."""
    factor = sizes[-1] / sizes[0]
    by = f"grows {number(factor)} times" if factor >= 1 else f"shrinks {number(1 / factor)} times"
    nothing = "; it is next to nothing everywhere" if max(sizes) < NOTHING else ""
    return f"{by}, from {number(sizes[0])} to {number(sizes[-1])}{nothing}"


def initial_scale() -> Explorer:
    """A fresh net of ten hidden layers on digits: the size of its activations, and of its gradients, by layer."""
    return explore(
        render,
        title="The scale of the first weights",
        init=Control(tuple(NAMES), "first weights", "He", kind="choice"),
        activation=Control(ACTIVATIONS, kind="choice"),
    )
