"""Lab: how much a gradient depends on which examples are in the batch."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
import torch
from matplotlib.figure import Figure
from torch.func import functional_call, grad, vmap

from lossbook.experiment import History
from lossbook.models import MLP
from lossbook.optim import SGD
from lossbook.plotting import PALETTE
from lossbook.train import build, run
from lossbook.widgets.controls import Control
from lossbook.widgets.explorer import Explorer, explore
from lossbook.widgets.labs.base import FAINT, SMALL, TRAINING, decades, mark, sheet
from lossbook.widgets.words import course, number

SIZES = tuple(2**power for power in range(9))
DRAWS = 300  # batches of each size
MOMENTS = {"before training": 0, "after 100 steps": 100}  # steps of 32 digits each
BASE = replace(TRAINING, model=MLP(sizes=(196, 10)), optimizer=SGD(lr=0.02), steps=150, eval_every=150)


@functools.cache
def history(size: int) -> History:
    """The training with batches of this size."""
    return run(replace(BASE, batch_size=size), progress=False)


@functools.cache
def gradients(moment: str) -> np.ndarray:
    """The gradient of each training digit by itself, (digits, parameters)."""
    net, split = build(BASE), BASE.data.load()
    if MOMENTS[moment]:
        run(replace(BASE, steps=MOMENTS[moment]), model=net, progress=False)
    x, y = torch.as_tensor(split.train_x), torch.as_tensor(split.train_y)

    def loss(params: dict[str, torch.Tensor], x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.cross_entropy(functional_call(net, params, (x[None],)), y[None])

    params = {name: param.detach() for name, param in net.named_parameters()}
    each = vmap(grad(loss), in_dims=(None, 0, 0))(params, x, y)
    return torch.cat([part.flatten(1) for part in each.values()], dim=1).numpy()


@functools.cache
def spread(size: int, moment: str) -> float:
    """Root mean square distance of a batch's gradient from that of all digits, in units of the latter's norm."""
    each, rng = gradients(moment), np.random.default_rng(size)
    whole = each.mean(axis=0)
    counts = rng.multinomial(size, np.full(len(each), 1 / len(each)), size=DRAWS)  # drawn with replacement
    batches = (counts / size).astype(each.dtype) @ each
    return float(np.sqrt(((batches - whole) ** 2).sum(axis=1).mean()) / np.linalg.norm(whole))


def render(size: int, moment: str) -> tuple[Figure, str]:
    figure, (left, right) = sheet()
    left.plot(history(size).loss, color=PALETTE[0], linewidth=1)
    left.set(xlabel="step", ylabel="loss of the batch (nats)", ylim=(-0.1, 6), xlim=(0, BASE.steps))
    noise = [spread(each, moment) for each in SIZES]
    right.plot(SIZES, noise[0] / np.sqrt(SIZES), color=FAINT, label="∝ 1/√B")
    right.plot(SIZES, noise, "o", color=PALETTE[1], markersize=4, label="measured")
    mark(right, size, spread(size, moment), color=PALETTE[1], size=9)
    right.axhline(1, color="black", linewidth=0.8, linestyle=":")
    right.set(xlabel="batch size B", ylabel="noise / norm of gradient", xscale="log", yscale="log", ylim=(0.05, 100))
    right.set_xticks(SIZES[::2], [str(each) for each in SIZES[::2]])
    right.set_xticks([], minor=True)
    decades(right.yaxis, range(-1, 3))
    right.legend(loc="upper right", fontsize=SMALL)
    loss = np.array(history(size).loss)
    early, late, spread_late = loss[:50].mean(), loss[-50:].mean(), loss[-50:].std()
    return figure, (
        f"Batches of {size}: {moment} the gradient of a batch is off by {number(spread(size, moment))} times the "
        f"whole gradient's norm, and the noise falls as 1/√B. The loss of a batch {course([early, late])} "
        f"nats, each the mean of 50 steps; at the end it jumps by {number(spread_late)} from batch to batch."
    )


def batch_noise() -> Explorer:
    """Batches of 1 to 256 digits: how the loss of a batch jumps, and how far its gradient is from the whole one."""
    return explore(
        render,
        title="The noise of a batch",
        size=Control(SIZES, "batch size", 4),
        moment=Control(tuple(MOMENTS), "noise", kind="choice"),
    )
