"""Bug: in an Adam of one's own the two decay rates stand in the wrong order: 0.999 for the mean, 0.9 for the squares.

Source: of our own.
Why it hurts: the step follows the mean of a thousand gradients, as if with a momentum of 0.999; it runs far past.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_t import sherds

FAMILY = "potsherds-pairs"
ACCEPT = ("adam-betas", "momentum-too-high")
SYMPTOMS = ("oscillating", "plateau", "slow", "spiking", "diverging", "high-flat")


class MyAdam(torch.optim.Optimizer):
    def __init__(self, params, lr=1e-3, decay=(0.999, 0.9), eps=1e-8):
        super().__init__(params, dict(lr=lr, decay=decay, eps=eps))

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            d1, d2 = group["decay"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state.update(t=0, m=torch.zeros_like(p), v=torch.zeros_like(p))
                state["t"] += 1
                state["m"].lerp_(p.grad, 1 - d1)
                state["v"].lerp_(p.grad.square(), 1 - d2)
                m_hat = state["m"] / (1 - d1 ** state["t"])
                v_hat = state["v"] / (1 - d2 ** state["t"])
                p.sub_(group["lr"] * m_hat / (v_hat.sqrt() + group["eps"]))


def contrastive(a, b, same, margin=1.5):
    d = F.pairwise_distance(a, b)
    return (same * d.square() + (1 - same) * F.relu(margin - d).square()).mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    tower = nn.Sequential(nn.Linear(24, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 8))
    optimizer = MyAdam(tower.parameters(), lr=2e-3, **({"decay": (0.9, 0.999)} if fixed else {}))
    return dict(model=tower, optimizer=optimizer, loss_fn=None, contrastive=contrastive, train=sherds(4800, seed),
                val=sherds(600, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    one, two, same = setup["train"]
    tower, done = setup["model"], 0
    for _epoch in range(8):
        for rows in torch.randperm(len(same)).split(64):
            loss = setup["contrastive"](tower(one[rows]), tower(two[rows]), same[rows])
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            done += 1
            log(loss.item())
            if done == steps:
                return


@torch.no_grad()
def error(setup):
    one, two, same = setup["val"]
    return setup["contrastive"](setup["model"](one), setup["model"](two), same).item()
