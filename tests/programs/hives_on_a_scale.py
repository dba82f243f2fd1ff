"""Bug: the gradients of four small batches are to be gathered, but after the step nobody sets them to zero.

Source: https://github.com/tatsu-lab/alpaca_farm/pull/58 ("fix zero grad bug");
https://discuss.pytorch.org/t/why-do-we-need-to-set-the-gradients-manually-to-zero-in-pytorch/4903 (rebuilt).
Why it hurts: .grad is the sum over every batch since the first; the weights run on in old directions and swing.
"""

import torch
from torch import nn

from programs.data_q import hive_weights

FAMILY = "hives-weight"
ACCEPT = ("missing-zero-grad",)
SYMPTOMS = ("oscillating", "diverging", "spiking", "plateau", "high-flat", "non-finite", "slow")

ACCUMULATE = 4


class Forecast(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.ModuleList([nn.Linear(14, 48), nn.Linear(48, 48)])
        self.out = nn.Linear(48, 1)

    def forward(self, evenings):
        h = evenings
        for layer in self.hidden:
            h = torch.nn.functional.silu(layer(h))
        return self.out(h)[:, 0]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Forecast()
    evenings, following = hive_weights(2000, seed)
    return {
        "model": model,
        "optimizer": torch.optim.SGD(model.parameters(), lr=0.05),
        "loss_fn": nn.MSELoss(),
        "train": [(evenings[i::200], following[i::200]) for i in range(200)],
        "val": hive_weights(400, seed + 500),
        "fixed": fixed,
    }


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    optimizer.zero_grad()
    logged = 0
    for _epoch in range(8):
        gathered = 0.0
        for i, (evenings, following) in enumerate(setup["train"]):
            loss = setup["loss_fn"](model(evenings), following) / ACCUMULATE
            loss.backward()
            gathered += loss.item()
            if (i + 1) % ACCUMULATE == 0:
                optimizer.step()
                if setup["fixed"]:
                    optimizer.zero_grad()
                log(gathered)
                gathered = 0.0
                logged += 1
                if logged == steps:
                    return


@torch.no_grad()
def error(setup):
    evenings, following = setup["val"]
    return setup["loss_fn"](setup["model"](evenings), following).item()
