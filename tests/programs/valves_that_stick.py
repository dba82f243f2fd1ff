"""Healthy: a recurrent net tells at each moment whether a valve is open, which hangs on what the pressure was before.

Source: of our own.
Why it is right: states are scored at every step, gradients clipped, and the loss falls to a tenth, with it the errors.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F

from programs.data_t import valves

FAMILY = "valves-rnn"
ACCEPT = ()
SYMPTOMS = ("healthy",)

hparams = {"hidden": 24, "lr": 1e-2, "batch": 32, "epochs": 8, "clip": 1.0}


class ValveTagger(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.gru = nn.GRU(1, hidden)
        self.tag = nn.Linear(hidden, 2)

    def forward(self, pressure):
        states, _ = self.gru(pressure.transpose(0, 1))
        return self.tag(states).permute(1, 2, 0)


def make_batches(data, size):
    x, y = data
    order = torch.randperm(len(x))
    return [(x[i], y[i]) for i in order.split(size)]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    tagger = ValveTagger(hparams["hidden"])
    return {
        "model": tagger,
        "optimizer": torch.optim.Adam(tagger.parameters(), lr=hparams["lr"]),
        "loss_fn": F.cross_entropy,
        "train": valves(960, seed),
        "val": valves(240, seed + 500),
        "fixed": fixed,
    }


def train(setup, log, steps=None):
    tagger, optimizer = setup["model"], setup["optimizer"]
    done = 0
    for _epoch in range(hparams["epochs"]):
        for pressure, is_open in make_batches(setup["train"], hparams["batch"]):
            optimizer.zero_grad()
            loss = setup["loss_fn"](tagger(pressure), is_open)
            loss.backward()
            nn.utils.clip_grad_norm_(tagger.parameters(), hparams["clip"])
            optimizer.step()
            done += 1
            log(loss.item())
            if done == steps:
                return


@torch.no_grad()
def error(setup):
    """The share of moments that it gets wrong, in series that it has not seen."""
    pressure, is_open = setup["val"]
    return (setup["model"](pressure).argmax(1) != is_open).float().mean().item()
