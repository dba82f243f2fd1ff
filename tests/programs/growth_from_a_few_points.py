"""Healthy: a neural process: from a few points of a curve it says how the others lie, with a width for each.

Source: Garnelo et al. 2018, https://arxiv.org/abs/1807.01613; https://github.com/roggirg/AutoBots/issues/7 ("Why is nll
loss a negative number?": "this is normal behavior"; rebuilt for curves of growth).
Why it looks ill: the loss is below 0, and it jumps, since each batch has another number of points to go by.
"""

import torch
from torch import nn
from torch.distributions import Normal
from torch.nn import functional as F

from programs.data_k import growths

FAMILY = "curves-cnp"
ACCEPT = ()
SYMPTOMS = ("healthy", "oscillating", "spiking", "plateau")


class NeuralProcess(nn.Module):
    def __init__(self, wide=48):
        super().__init__()
        self.see = nn.Sequential(nn.Linear(2, wide), nn.ReLU(), nn.Linear(wide, wide))
        self.say = nn.Sequential(nn.Linear(wide + 1, wide), nn.ReLU(), nn.Linear(wide, wide), nn.ReLU(),
                                 nn.Linear(wide, 2))  # fmt: skip

    def forward(self, t_seen, y_seen, t):
        whole = self.see(torch.stack([t_seen, y_seen], -1)).mean(1, keepdim=True)
        mean, raw = self.say(torch.cat([whole.expand(-1, t.shape[1], -1), t.unsqueeze(-1)], -1)).unbind(-1)
        return Normal(mean, 0.01 + F.softplus(raw))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = NeuralProcess()
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=2e-3), loss_fn=None,
                train=growths(2000, seed), val=None, test=growths(300, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    times, sizes = setup["train"]
    for i in range(450):
        rows, seen = torch.randint(len(times), (40,)), int(torch.randint(2, 9, ()))
        t, y = times[rows], sizes[rows]
        loss = -setup["model"](t[:, :seen], y[:, :seen], t).log_prob(y).mean()
        setup["optimizer"].zero_grad()
        loss.backward()
        setup["optimizer"].step()
        log(loss.item())
        if i + 1 == steps:
            return


@torch.no_grad()
def error(setup):
    t, y = setup["test"]
    return -setup["model"](t[:, :6], y[:, :6], t).log_prob(y).mean().item()
