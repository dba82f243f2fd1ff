"""Healthy: soft actor-critic for doors; the actor's loss goes below zero and lower, the temperature finds its own way.

Source: https://github.com/toshikwa/sac-discrete.pytorch/issues/12 ("why `q1_loss` and `q2_loss` approaches positive
infinity [...] Is it something expected?"); https://github.com/DLR-RM/stable-baselines3/issues/661 (negative losses).
Why it looks ill: three optimizers, three losses, one of them negative and none of them a measure of success.
"""

import math

import torch
from torch import nn

from programs.data_h import Doors

FAMILY = "levers-sac"
ACCEPT = ()
SYMPTOMS = ("healthy", "oscillating", "diverging", "plateau", "slow", "high-flat")


def net(out):
    return nn.Sequential(nn.Linear(6, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, out))


class SAC:
    def __init__(self):
        self.actor, self.q1, self.q2 = net(8), net(8), net(8)
        self.log_alpha = nn.Parameter(torch.zeros(()))
        self.target_entropy = 0.5 * math.log(8)
        self.pi_opt = torch.optim.Adam(self.actor.parameters(), lr=2e-3)
        self.q_opt = torch.optim.Adam([*self.q1.parameters(), *self.q2.parameters()], lr=2e-3)
        self.alpha_opt = torch.optim.Adam([self.log_alpha], lr=1e-2)

    def update(self, world):
        signs, _, worth = world.draw(64)
        log_p = self.actor(signs).log_softmax(1)
        door = torch.multinomial(log_p.exp().detach(), 1)
        reward = 5 * worth.gather(1, door) + 0.5 * torch.randn(64, 1)
        q_loss = sum(nn.functional.mse_loss(q(signs).gather(1, door), reward) for q in (self.q1, self.q2))
        self.apply(self.q_opt, q_loss)
        with torch.no_grad():
            q = torch.minimum(self.q1(signs), self.q2(signs))
        pi_loss = (log_p.exp() * (self.log_alpha.exp().detach() * log_p - q)).sum(1).mean()
        self.apply(self.pi_opt, pi_loss)
        entropy = -(log_p.exp() * log_p).sum(1).detach()
        self.apply(self.alpha_opt, (self.log_alpha * (entropy - self.target_entropy)).mean())
        return pi_loss.item()

    @staticmethod
    def apply(optimizer, loss):
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    sac = SAC()
    return dict(model=sac.actor, critics=(sac.q1, sac.q2), optimizer=(sac.pi_opt, sac.q_opt, sac.alpha_opt), sac=sac,
                loss_fn=None, train=None, val=None, world=Doors(seed), test=Doors(seed + 500).draw(500),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    for _ in range(400 if steps is None else steps):
        log(setup["sac"].update(setup["world"]))


@torch.no_grad()
def error(setup):
    signs, _, worth = setup["test"]
    chosen = setup["model"](signs).argmax(1, keepdim=True)
    return (worth.amax(1) - worth.gather(1, chosen)[:, 0]).mean().item()
