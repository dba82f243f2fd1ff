"""Bug: an Adam of their own, whose two averages take each other's share: 0.999 for the gradient, 0.9 for its square.

Source: of our own (the two numbers of the paper in the wrong order).
Why it hurts: the direction is an average of a thousand steps; the net runs on past every valley.
"""

import torch
from torch import nn
from torch.optim import Optimizer

from programs.data_o import measured

FAMILY = "bolts-torque"
ACCEPT = ("adam-betas", "momentum-too-high")
SYMPTOMS = ("oscillating", "plateau", "slow", "diverging", "spiking")


class MyAdam(Optimizer):
    def __init__(self, params, lr=1e-3, b1=0.999, b2=0.9, eps=1e-8):
        super().__init__(params, dict(lr=lr, b1=b1, b2=b2, eps=eps))

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                s = self.state[p]
                if not s:
                    s.update(t=0, m=torch.zeros_like(p), v=torch.zeros_like(p))
                s["t"] += 1
                s["m"].lerp_(p.grad, 1 - group["b1"])
                s["v"].lerp_(p.grad**2, 1 - group["b2"])
                m, v = s["m"] / (1 - group["b1"] ** s["t"]), s["v"] / (1 - group["b2"] ** s["t"])
                p.sub_(group["lr"] * m / (v.sqrt() + group["eps"]))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(8, 40), nn.Tanh(), nn.Linear(40, 1))
    opt = MyAdam(net.parameters(), lr=0.01, **(dict(b1=0.9, b2=0.999) if fixed else {}))
    return dict(model=net, optimizer=opt, loss_fn=nn.MSELoss(), train=measured(1600, seed, 26),
                val=measured(400, seed + 500, 26), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    x, y = setup["train"]
    i = 0
    for _epoch in range(10):
        for ids in torch.randperm(len(x)).split(40):
            setup["optimizer"].zero_grad()
            loss = setup["loss_fn"](setup["model"](x[ids]).squeeze(-1), y[ids])
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            i += 1
            if i == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return setup["loss_fn"](setup["model"](x).squeeze(-1), y).item()
