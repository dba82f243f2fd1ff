"""Bug: the last convolution has a ReLU like those before it, and rings that move outwards count below zero.

Source: https://ai.stackexchange.com/questions/20686/does-net-with-relu-not-learn-when-output-0 ("the network will
ignore training labels below zero"; rebuilt).
Why it hurts: half of the targets cannot be said; the loss stops where only the other half is right.
"""

import torch
import torch.nn as nn

from programs.data_s import linings

FAMILY = "tunnels-conv"
ACCEPT = ("output-activation-mismatch", "dead-relu")
SYMPTOMS = ("plateau", "high-flat")


def conv_block(n_in, n_out, k=5):
    return nn.Sequential(nn.Conv1d(n_in, n_out, k, padding=k // 2), nn.ReLU())


class LiningNet(nn.Module):
    """From pressure and thickness along the tunnel to the movement of each ring."""

    def __init__(self, linear_head):
        super().__init__()
        self.body = nn.Sequential(conv_block(2, 24), conv_block(24, 24))
        self.head = nn.Conv1d(24, 1, 5, padding=2) if linear_head else conv_block(24, 1)

    def forward(self, x):
        return self.head(self.body(x))[:, 0]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = LiningNet(linear_head=fixed)
    return {
        "model": net,
        "optimizer": torch.optim.Adam(net.parameters(), lr=3e-3),
        "loss_fn": nn.MSELoss(),
        "train": linings(600, seed),
        "val": linings(150, seed + 500),
        "fixed": fixed,
    }


def train(setup, log, steps=None):
    net, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    x, y = setup["train"]
    steps = steps or 350

    for it in range(1, steps + 1):
        idx = torch.randint(len(x), (24,))

        def closure(idx=idx):
            optimizer.zero_grad()
            loss = criterion(net(x[idx]), y[idx])
            loss.backward()
            return loss

        loss = optimizer.step(closure)
        if it % 50 == 0:
            log(loss.item(), val_loss=error(setup))
        else:
            log(loss.item())


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return setup["loss_fn"](setup["model"](x), y).item()
