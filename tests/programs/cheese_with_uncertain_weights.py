"""Healthy: each weight is a bell with a mean and a width of its own (Bayes by backprop).

Source: https://github.com/kumar-shridhar/PyTorch-BayesianCNN/issues/50 ("the value of the loss is very large");
Blundell et al. 2015, https://arxiv.org/abs/1505.05424 (rebuilt for the weeks of a cheese).
Why it looks ill: the loss is a sum over all rows plus a distance of all weights: in the thousands, noisy, never near 0.
"""

import torch
from torch import nn
from torch.distributions import Normal, kl_divergence
from torch.nn import functional as F

from programs.data_k import cheeses

FAMILY = "cheese-weights"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "slow", "oscillating")


class BayesLinear(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.mean = nn.Parameter(torch.randn(outputs, inputs + 1) / (inputs + 1) ** 0.5)
        self.rho = nn.Parameter(torch.full((outputs, inputs + 1), -4.0))

    def forward(self, x):
        drawn = self.posterior().rsample() if self.training else self.mean
        return F.linear(x, drawn[:, :-1], drawn[:, -1])

    def posterior(self):
        return Normal(self.mean, F.softplus(self.rho))

    def cost(self):
        return kl_divergence(self.posterior(), Normal(0.0, 1.0)).sum()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = nn.Sequential(BayesLinear(9, 32), nn.Tanh(), BayesLinear(32, 32), nn.Tanh(), BayesLinear(32, 1))
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=4e-3), loss_fn=nn.MSELoss(),
                train=cheeses(1200, seed), val=None, test=cheeses(300, seed + 500), fixed=fixed)  # fmt: skip


def negative_elbo(model, x, y, total, width=0.2):
    fit = -Normal(model(x)[:, 0], width).log_prob(y).mean() * total
    return fit + sum(layer.cost() for layer in model if isinstance(layer, BayesLinear))


def train(setup, log, steps=None):
    x, y = setup["train"]
    setup["model"].train()
    for i in range(450):
        rows = torch.randint(len(x), (60,))
        loss = negative_elbo(setup["model"], x[rows], y[rows], total=len(x))
        setup["optimizer"].zero_grad()
        loss.backward()
        setup["optimizer"].step()
        log(loss.item())
        if i + 1 == steps:
            return


@torch.no_grad()
def error(setup):
    x, y = setup["test"]
    return setup["loss_fn"](setup["model"].eval()(x)[:, 0], y).item()
