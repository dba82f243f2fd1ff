"""Bug: Adadelta at its rate of 1.0 was exchanged for Adam, and the rate stayed.

Source: https://github.com/guillaumegenthial/sequence_tagging/issues/47 ("when I use lr = 0.001 in my model, there is
no problem; but lr = 0.01 or 0.1, the train loss decrease first and then increase"; rebuilt with a GRU, a larger rate).
Why it hurts: each weight moves by about 1 in each step; the gates of the GRU are shut or open for good.
"""

import torch
from torch import nn

from programs.data_k import taps

FAMILY = "morse-taps"
ACCEPT = ("lr-too-high",)
SYMPTOMS = ("high-flat", "oscillating", "plateau", "spiking", "diverging", "slow")

CONFIG = {"hidden": 32, "batch": 40, "epochs": 10}


class TapReader(nn.Module):
    def __init__(self, hidden, letters=8):
        super().__init__()
        self.rnn = nn.GRU(1, hidden, batch_first=True, num_layers=2)
        self.out = nn.Linear(hidden, letters)

    def forward(self, x):
        states, _ = self.rnn(x)
        return self.out(states.mean(1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = TapReader(CONFIG["hidden"])
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=1e-2 if fixed else 1.0),
                loss_fn=nn.CrossEntropyLoss(), train=taps(800, seed), val=None, test=taps(400, seed + 500),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    net, opt, crit = setup["model"], setup["optimizer"], setup["loss_fn"]
    x, y = setup["train"]

    def one_epoch():
        order = torch.randperm(len(x))
        for i in range(0, len(x), CONFIG["batch"]):
            rows = order[i : i + CONFIG["batch"]]
            loss = crit(net(x[rows]), y[rows])
            opt.zero_grad()
            loss.backward()
            opt.step()
            yield loss.item()

    count = 0
    for _ in range(CONFIG["epochs"]):
        for value in one_epoch():
            log(value)
            count += 1
            if count == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["test"]
    return (setup["model"](x).argmax(1) != y).float().mean().item()
