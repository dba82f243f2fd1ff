"""Bug: the optimizer is made inside the loop over the batches, a new Adam for each.

Source: https://github.com/Wangyixinxin/ACN/issues/9 ("a new Adam optimizer is created at every iteration. [...] this
resets Adam's internal state"; rebuilt).
Why it hurts: a first step of Adam moves each weight by the whole rate, whatever its gradient; the loss never settles.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_j import flights

FAMILY = "flights-mlp"
ACCEPT = ("state-reset",)
SYMPTOMS = ("oscillating", "plateau", "high-flat", "spiking", "slow")


class DelayNet(nn.Module):
    def __init__(self, width=64):
        super().__init__()
        self.l1, self.l2, self.l3 = nn.Linear(8, width), nn.Linear(width, width), nn.Linear(width, 1)

    def forward(self, x):
        return self.l3(torch.relu(self.l2(torch.relu(self.l1(x))))).squeeze(1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = DelayNet()
    loader = DataLoader(TensorDataset(*flights(1600, seed)), batch_size=32, shuffle=True)
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=0.01), loss_fn=nn.MSELoss(), train=loader,
                val=flights(300, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    net = setup["model"]
    i = 0
    for _epoch in range(8):
        for features, late in setup["train"]:
            if not setup["fixed"]:
                setup["optimizer"] = torch.optim.Adam(net.parameters(), lr=0.01)
            optimizer = setup["optimizer"]
            optimizer.zero_grad()
            loss = setup["loss_fn"](net(features), late)
            loss.backward()
            optimizer.step()
            log(loss.item())
            i += 1
            if i == steps:
                return


@torch.no_grad()
def error(setup):
    features, late = setup["val"]
    return setup["loss_fn"](setup["model"](features), late).item()
