"""Healthy: evolution strategies: the gradient is guessed from random pushes of the weights; no backward().

Source: Salimans et al. 2017, https://arxiv.org/abs/1703.03864 (rebuilt, with the guess put into p.grad).
Why it looks ill: what is logged is noisy and falls slowly; nothing of autograd is used.
"""

import torch
from torch import nn
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from programs.data_j import exams

FAMILY = "es-walker"
ACCEPT = ()
SYMPTOMS = ("healthy", "slow", "oscillating", "plateau")


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(7, 8), nn.Tanh(), nn.Linear(8, 1))

    def forward(self, x):
        return self.net(x).squeeze(-1)


@torch.no_grad()
def cost(model, theta, x, y):
    vector_to_parameters(theta, model.parameters())
    return (model(x) - y).square().mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    policy = Policy()
    return dict(model=policy, optimizer=torch.optim.Adam(policy.parameters(), lr=0.02), loss_fn=None,
                train=exams(1000, seed), val=exams(300, seed + 500), sigma=0.1,
                generator=torch.Generator().manual_seed(seed), fixed=fixed)  # fmt: skip


@torch.no_grad()
def train(setup, log, steps=None):
    model, (x, y), g, sigma = setup["model"], setup["train"], setup["generator"], setup["sigma"]
    for _generation in range(steps or 200):
        rows = torch.randint(len(y), (100,), generator=g)
        theta = parameters_to_vector(model.parameters()).clone()
        guess, total = torch.zeros_like(theta), 0.0
        for _ in range(12):
            push = torch.randn(theta.shape, generator=g)
            up = cost(model, theta + sigma * push, x[rows], y[rows])
            down = cost(model, theta - sigma * push, x[rows], y[rows])
            guess += (up - down) / (2 * sigma) * push / 12
            total += (up + down).item() / 24
        vector_to_parameters(theta, model.parameters())
        at = 0
        for p in model.parameters():
            p.grad = guess[at : at + p.numel()].view_as(p).clone()
            at += p.numel()
        setup["optimizer"].step()
        log(total)


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return (setup["model"](x) - y).square().mean().item()
