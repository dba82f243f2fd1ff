"""Healthy: each layer learns by a small head of its own; what goes to the next layer is detached, on purpose.

Source: Belilovsky et al. 2019, https://arxiv.org/abs/1901.08164 (decoupled greedy learning; rebuilt for typists).
Why it looks ill: the graph is cut between all layers, and what is logged is the sum of three losses.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_k import typists

FAMILY = "keys-local"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau")


class LocalLayer(nn.Module):
    def __init__(self, inputs, outputs, kinds=8, lr=3e-3):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(inputs, outputs), nn.LayerNorm(outputs), nn.ReLU())
        self.head = nn.Linear(outputs, kinds)
        self.own = torch.optim.Adam(self.parameters(), lr=lr)

    def learn(self, x, y):
        h = self.body(x)
        loss = F.cross_entropy(self.head(h), y)
        self.own.zero_grad()
        loss.backward()
        self.own.step()
        return h.detach(), loss.detach()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = nn.ModuleList([LocalLayer(23, 48), LocalLayer(48, 48), LocalLayer(48, 48)])
    return dict(model=model, optimizer=model[-1].own, optimizers=[layer.own for layer in model],
                loss_fn=F.cross_entropy, train=typists(1600, seed), val=None, test=typists(400, seed + 500),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    times, person = setup["train"]
    n = 0
    for _epoch in range(7):
        for rows in torch.randperm(len(times)).split(50):
            h, total = times[rows], 0.0
            for layer in setup["model"]:
                h, loss = layer.learn(h, person[rows])
                total = total + loss
            n += 1
            log(total.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    h, person = setup["test"]
    for layer in setup["model"]:
        h = layer.body(h)
    return (setup["model"][-1].head(h).argmax(1) != person).float().mean().item()
