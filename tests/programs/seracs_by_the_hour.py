"""Healthy: how far an ice tower leans, with a width of its own for each; the loss falls through zero, to about -2.

Source: https://github.com/cpmpercussion/keras-mdn-layer/issues/15 ("Yes the loss can be negative and it's ok! Weird
huh? Lower is still better"); the towers of our own. Why it is right: it is the negative logarithm of a density, and
over a few centimetres a density in metres is far above one.
"""

import torch
from torch import nn
from torch.distributions import Normal

from programs.data_q import seracs

FAMILY = "seracs-fall"
ACCEPT = ()
SYMPTOMS = ("healthy", "too-good")


class LeanNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(5, 48), nn.Tanh(), nn.Linear(48, 48), nn.Tanh())
        self.mean, self.log_width = nn.Linear(48, 1), nn.Linear(48, 1)
        nn.init.constant_(self.log_width.bias, -1.0)

    def forward(self, x):
        h = self.trunk(x)
        width = self.log_width(h).clamp(-6, 2).exp()
        return Normal(self.mean(h).squeeze(1), width.squeeze(1))


def nll(lean, measured):
    return -lean.log_prob(measured).mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = LeanNet()
    optimizer = torch.optim.Adam(net.parameters(), lr=4e-3)
    x, y = seracs(3000, seed)
    return {
        "model": net,
        "optimizer": optimizer,
        "scheduler": torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.8),
        "loss_fn": nll,
        "train": (x, y),
        "val": seracs(600, seed + 500),
        "fixed": fixed,
    }


def train(setup, log, steps=None):
    net, optimizer, (x, y) = setup["model"], setup["optimizer"], setup["train"]
    step = 0
    for _epoch in range(12):
        for rows in torch.randperm(len(x)).chunk(50):
            optimizer.zero_grad()
            loss = nll(net(x[rows]), y[rows])
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 5.0)
            optimizer.step()
            step += 1
            if step % 50 == 0:
                log(loss.item(), val_loss=error(setup))
            else:
                log(loss.item())
            if step == steps:
                return
        setup["scheduler"].step()


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return nll(setup["model"](x), y).item()
