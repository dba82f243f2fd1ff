"""Bug: in an Adam of one's own lerp is given the betas as weights, so that they weigh the new gradient, not the old.

Source: https://github.com/ryankiros/skip-thoughts/issues/82 ("the roles for beta1 and beta2 in the paper are replaced
with 1-beta1 and 1-beta2 when updating the exp averages m_t and v_t"; rebuilt).
Why it hurts: nothing is averaged; each weight goes a full step of the rate up or down, by the sign of one batch.
"""

import torch
from torch import nn

from programs.data_r import sheets

FAMILY = "vat-adam"
ACCEPT = ("adam-betas", "lr-too-high")
SYMPTOMS = ("plateau", "slow", "oscillating", "healthy")


class MyAdam(torch.optim.Optimizer):
    """Short, so that one can read it."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, new=None):
        super().__init__(params, dict(lr=lr, betas=betas, eps=eps, new=new or betas))

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            (b1, b2), (w1, w2) = group["betas"], group["new"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state.update(t=0, m=torch.zeros_like(p), v=torch.zeros_like(p))
                state["t"] += 1
                state["m"].lerp_(p.grad, w1)
                state["v"].lerp_(p.grad.square(), w2)
                m = state["m"] / (1 - b1 ** state["t"])
                v = state["v"] / (1 - b2 ** state["t"])
                p.sub_(group["lr"] * m / (v.sqrt() + group["eps"]))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(7, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU(), nn.Linear(64, 1), nn.Flatten(0))
    return dict(model=net, optimizer=MyAdam(net.parameters(), lr=1e-2, new=(0.1, 0.001) if fixed else None),
                loss_fn=nn.MSELoss(), train=sheets(1800, seed), val=None, test=sheets(400, seed + 500),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    x, y = setup["train"]
    n = 0
    for _epoch in range(6):
        for rows in torch.randperm(len(x)).split(15):
            setup["optimizer"].zero_grad()
            loss = setup["loss_fn"](setup["model"](x[rows]), y[rows])
            loss.backward()
            setup["optimizer"].step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["test"]
    return setup["loss_fn"](setup["model"](x), y).item()
