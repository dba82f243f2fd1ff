"""Bug: in an Adam of one's own the betas come in the wrong order: 0.999 for the mean, 0.9 for the square.

Source: of our own; near to https://github.com/AI-Hypercomputer/maxtext/pull/17 (betas of Adam and spikes of the loss).
Why it hurts: the mean remembers a thousand steps, the scale ten; it goes on long past the place where it should turn.
"""

import torch
from torch import nn

from programs.data_n import bricks

FAMILY = "bricks-handmade"
ACCEPT = ("adam-betas", "momentum-too-high")
SYMPTOMS = ("oscillating", "diverging", "spiking", "plateau", "high-flat", "slow")


class MyAdam(torch.optim.Optimizer):
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(params, dict(lr=lr, betas=betas, eps=eps))

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            first, second = group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state["t"] = 0
                    state["m"], state["v"] = torch.zeros_like(p), torch.zeros_like(p)
                state["t"] += 1
                state["m"].mul_(first).add_(p.grad, alpha=1 - first)
                state["v"].mul_(second).addcmul_(p.grad, p.grad, value=1 - second)
                m = state["m"] / (1 - first ** state["t"])
                v = state["v"] / (1 - second ** state["t"])
                p.sub_(group["lr"] * m / (v.sqrt() + group["eps"]))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    hparams = {"beta1": 0.9, "beta2": 0.999, "lr": 1e-2}
    betas = tuple(hparams[k] for k in (("beta1", "beta2") if fixed else ("beta2", "beta1")))
    net = nn.Sequential(nn.Linear(7, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU(), nn.Linear(64, 1))
    return dict(model=net, optimizer=MyAdam(net.parameters(), lr=hparams["lr"], betas=betas), loss_fn=nn.MSELoss(),
                train=bricks(2000, seed), val=bricks(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    net, optimizer, mse = setup["model"], setup["optimizer"], setup["loss_fn"]
    x, y = setup["train"]
    done = 0
    for _epoch in range(10):
        for rows in torch.randperm(len(x)).chunk(50):
            optimizer.zero_grad()
            loss = mse(net(x[rows])[:, 0], y[rows])
            loss.backward()
            optimizer.step()
            done += 1
            log(loss.item())
            if done == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return setup["loss_fn"](setup["model"](x)[:, 0], y).item()
