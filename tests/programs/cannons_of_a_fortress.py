"""Bug: AdamW at 1e-6, a rate out of a recipe for the last stage of fine-tuning, for a net from scratch.

Source: https://taourl.com/read-2391810.html ("if the learning rate is too small, the loss may stagnate"; rebuilt).
Why it hurts: 300 steps of a millionth move no weight by more than 0.0003.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_o import kinds

FAMILY = "cannons-kinds"
ACCEPT = ("lr-too-low",)
SYMPTOMS = ("high-flat", "slow", "plateau")
CONFIG = {"lr": 1e-6, "betas": (0.9, 0.98), "weight_decay": 0.01, "epochs": 7, "batch_size": 32}


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm, self.fc = nn.LayerNorm(width), nn.Linear(width, width)

    def forward(self, x):
        return x + torch.nn.functional.gelu(self.fc(self.norm(x)))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(10, 32), Block(32), Block(32), nn.Linear(32, 4))
    opt = torch.optim.AdamW(net.parameters(), lr=2e-3 if fixed else CONFIG["lr"], betas=CONFIG["betas"],
                            weight_decay=CONFIG["weight_decay"])  # fmt: skip
    loader = DataLoader(TensorDataset(*kinds(1400, seed, 16)), CONFIG["batch_size"], shuffle=True)
    return dict(model=net, optimizer=opt, loss_fn=nn.CrossEntropyLoss(), train=loader, val=kinds(400, seed + 500, 16),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    global_step = 0
    for _ in range(CONFIG["epochs"]):
        for inputs, targets in setup["train"]:
            loss = setup["loss_fn"](setup["model"](inputs), targets)
            loss.backward()
            setup["optimizer"].step()
            setup["optimizer"].zero_grad()
            global_step += 1
            log(loss.item())
            if global_step == steps:
                return


@torch.no_grad()
def error(setup):
    inputs, targets = setup["val"]
    return setup["loss_fn"](setup["model"](inputs), targets).item()
