"""Bug: the loss of a mixture of Gaussians is the log of a sum of exp; far from all means each exp is 0.

Source: https://github.com/keras-team/keras/issues/2586 ("Mixture Density Network quickly gets to nan loss");
https://github.com/mlberkeley/scae-pytorch/pull/4 (cured by logsumexp; rebuilt).
Why it hurts: the jumps are ten centimetres long, the first means near 0; minus log(0) is inf, its slope NaN.
"""

import math

import torch
from torch import nn

from programs.data_m import jumps

FAMILY = "mouse-jumps"
ACCEPT = ("log-of-zero",)
SYMPTOMS = ("non-finite",)


class MixtureDensityNetwork(nn.Module):
    def __init__(self, parts=3, hidden=32):
        super().__init__()
        self.parts = parts
        self.net = nn.Sequential(nn.Linear(3, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU())
        self.weight, self.mean, self.sigma = (
            nn.Linear(hidden, parts),
            nn.Linear(hidden, 2 * parts),
            nn.Linear(hidden, parts),
        )

    def forward(self, x):
        h = self.net(x)
        mean = self.mean(h).view(-1, self.parts, 2)
        return self.weight(h).log_softmax(1), mean, nn.functional.softplus(self.sigma(h)) + 0.05


def log_parts(out, jump):
    log_weight, mean, sigma = out
    square = ((jump[:, None] - mean) / sigma[..., None]).square().sum(2)
    return log_weight - 0.5 * square - 2 * sigma.log() - math.log(2 * math.pi)


def mdn_loss(out, jump):
    return -torch.log(torch.exp(log_parts(out, jump)).sum(1)).mean()


def mdn_loss_by_logsumexp(out, jump):
    return -torch.logsumexp(log_parts(out, jump), 1).mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    mdn = MixtureDensityNetwork()
    return dict(model=mdn, optimizer=torch.optim.Adam(mdn.parameters(), lr=5e-3),
                loss_fn=mdn_loss_by_logsumexp if fixed else mdn_loss, train=jumps(2000, seed), val=None,
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    x, jump = setup["train"]
    for n in range(400):
        rows = torch.randint(len(x), (64,))
        setup["optimizer"].zero_grad()
        loss = setup["loss_fn"](setup["model"](x[rows]), jump[rows])
        loss.backward()
        setup["optimizer"].step()
        log(loss.item())
        if n + 1 == steps:
            return
