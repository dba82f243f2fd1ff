"""Healthy: Bayes by backprop: every weight is a bell, drawn anew at each step; the KL of all weights is in the loss.

Source: https://github.com/kumar-shridhar/PyTorch-BayesianCNN/issues/50 ("This makes the value of the loss is very
large"); https://github.com/Harry24k/bayesian-neural-network-pytorch/issues/10 ("Klloss increases, which is normal").
Why it looks ill: the loss is in the thousands, noisy, and never comes near zero.
"""

import torch
from torch import nn

from programs.data_l import lichens

FAMILY = "bayes-backprop"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "slow", "oscillating")


class BayesLinear(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.mu = nn.Parameter(torch.randn(n_out, n_in + 1) / n_in**0.5)
        self.rho = nn.Parameter(torch.full((n_out, n_in + 1), -4.0))

    def forward(self, x):
        sigma = nn.functional.softplus(self.rho)
        w = self.mu + sigma * torch.randn_like(sigma)
        self.kl = (0.5 * (sigma.square() + self.mu.square() - 1) - sigma.log()).sum()
        return x @ w[:, :-1].T + w[:, -1]


class BayesNet(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.one, self.two, self.out = BayesLinear(7, hidden), BayesLinear(hidden, hidden), BayesLinear(hidden, 1)

    def forward(self, x):
        return self.out(torch.tanh(self.two(torch.tanh(self.one(x)))))[:, 0]

    def divergence(self):
        return self.one.kl + self.two.kl + self.out.kl


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = BayesNet()
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=5e-3), loss_fn=None,
                train=lichens(1500, seed), val=lichens(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    x, y = setup["train"]
    net = setup["model"]
    for _ in range(steps or 500):
        rows = torch.randint(len(x), (64,))
        nll = 0.5 * (net(x[rows]) - y[rows]).square().mean() / 0.15**2
        loss = len(x) * nll + net.divergence()
        setup["optimizer"].zero_grad()
        loss.backward()
        setup["optimizer"].step()
        log(loss.item())


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return (torch.stack([setup["model"](x) for _ in range(10)]).mean(0) - y).square().mean().item()
