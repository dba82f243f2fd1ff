"""Bug: plain SGD at a rate of 8, copied from a table of rates for the sum of tiny losses.

Source: https://datarekha.com/interview/deep-learning/debugging-model-not-learning/ ("Too high: loss oscillates or
diverges"; rebuilt). Why it hurts: every step overshoots and throws the net to another constant answer.
"""

import torch
import torch.nn as nn

from programs.data_o import kinds

FAMILY = "tulips-mlp"
ACCEPT = ("lr-too-high",)
SYMPTOMS = ("oscillating", "high-flat", "diverging", "spiking", "plateau", "non-finite")
EPOCHS, BATCH = 8, 32


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 4))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1 if fixed else 8.0)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.CrossEntropyLoss(), train=kinds(1600, seed, 1),
                val=kinds(400, seed + 500, 1), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    x, y = setup["train"]
    step = 0
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(x)).split(BATCH):
            setup["optimizer"].zero_grad()
            loss = setup["loss_fn"](setup["model"](x[rows]), y[rows])
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            step += 1
            if step == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return setup["loss_fn"](setup["model"](x), y).item()
