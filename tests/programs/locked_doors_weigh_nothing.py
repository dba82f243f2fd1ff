"""Bug: locked doors get the logit -inf, and the entropy bonus is minus p log p, summed over all doors.

Source: https://github.com/tensorforce/tensorforce/issues/586 ("you use negative infinity for the logits (which makes
sense) but then still keep some of the calculation code of Categorical (which probably causes the NaNs)"; rebuilt).
Why it hurts: for a locked door it is zero times minus infinity.
"""

import torch
from torch import nn

from programs.data_h import Doors

FAMILY = "doors-masked-policy"
ACCEPT = ("undefined-operation", "log-of-zero")
SYMPTOMS = ("non-finite",)


class DoorPolicy(nn.Module):
    def __init__(self, floor):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(6, 48), nn.Tanh(), nn.Linear(48, 48), nn.Tanh())
        self.pi, self.v = nn.Linear(48, 8), nn.Linear(48, 1)
        self.floor = floor

    def forward(self, signs, opened):
        h = self.trunk(signs)
        return self.pi(h).masked_fill(~opened, self.floor).log_softmax(1), self.v(h)[:, 0]


def losses(policy, signs, opened, worth):
    log_p, value = policy(signs, opened)
    p = log_p.exp()
    door = torch.multinomial(p.detach(), 1)
    reward = worth.gather(1, door)[:, 0]
    advantage = (reward - value).detach()
    actor = -(log_p.gather(1, door)[:, 0] * advantage).mean()
    critic = (value - reward).square().mean()
    entropy = -(p * log_p).sum(1).mean()
    return actor, critic, entropy


def build(seed, fixed=False):
    torch.manual_seed(seed)
    policy = DoorPolicy(floor=-1e9 if fixed else -float("inf"))
    return dict(model=policy, optimizer=torch.optim.Adam(policy.parameters(), lr=3e-3), loss_fn=losses, train=None,
                val=None, world=Doors(seed), test=Doors(seed + 500).draw(500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    policy, optimizer = setup["model"], setup["optimizer"]
    for n in range(1, 301):
        signs, opened, worth = setup["world"].draw(64)
        if not all(p.isfinite().all() for p in policy.parameters()):
            log(float("nan"))
        else:
            actor, critic, entropy = losses(policy, signs, opened, worth)
            loss = actor + 0.5 * critic - 0.01 * entropy
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            log(loss.item())
        if n == steps:
            return


@torch.no_grad()
def error(setup):
    """What the likeliest open door fails to give, against the best."""
    signs, opened, worth = setup["test"]
    log_p, _ = setup["model"](signs, opened)
    if not log_p[opened].isfinite().all():
        return float("inf")
    best = worth.masked_fill(~opened, -1.0).amax(1)
    return (best - worth.gather(1, log_p.argmax(1, keepdim=True))[:, 0]).mean().item()
