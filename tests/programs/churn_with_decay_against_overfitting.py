"""Bug: against overfitting a weight decay of 0.2 is given to Adam, in which it is part of the gradient.

Source: https://github.com/JulianKlug/PerfusionCT-Net/issues/34 ("Crank it up to almost a level to which the model
doesn't learn anymore"; rebuilt, beyond that level); https://github.com/tflearn/tflearn/issues/772 (values for Adam).
Why it hurts: the pull to zero outweighs the data; the weights die away, and each customer gets the same answer.
"""

import torch
import torch.nn.functional as F
from torch import nn

from programs.data_j import customers

FAMILY = "churn-bank"
ACCEPT = ("weight-decay-too-strong",)
SYMPTOMS = ("high-flat", "plateau")

CONFIG = {"lr": 3e-3, "batch_size": 64, "epochs": 16, "hidden": 48, "weight_decay": 0.2}


class ANN(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.fc1 = nn.Linear(10, hidden)
        self.fc2 = nn.Linear(hidden, hidden)
        self.fc3 = nn.Linear(hidden, 1)

    def forward(self, x):
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    config = CONFIG | {"weight_decay": 1e-5} if fixed else CONFIG
    model = ANN(config["hidden"])
    optimizer = torch.optim.Adam(model.parameters(), lr=config["lr"], weight_decay=config["weight_decay"])
    return dict(model=model, optimizer=optimizer, loss_fn=F.binary_cross_entropy_with_logits,
                train=customers(1600, seed), val=customers(400, seed + 500), config=config, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    config, (x, y) = setup["config"], setup["train"]
    step = 0
    for _epoch in range(config["epochs"]):
        order = torch.randperm(len(x))
        for start in range(0, len(x), config["batch_size"]):
            part = order[start : start + config["batch_size"]]
            output = setup["model"](x[part])
            loss = setup["loss_fn"](output, y[part].unsqueeze(1))
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            step += 1
            if step == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return setup["loss_fn"](setup["model"](x), y.unsqueeze(1)).item()
