"""Healthy: a policy learns where to aim its curling stone, by REINFORCE with a learnt baseline; the loss stays about 0.

Source: of our own (akin: https://ai.stackexchange.com/questions/40705/zero-reward-in-policy-gradient).
Why it is right: reward less baseline has mean 0, and so has the loss; the reward, given as metric, rises.
"""

import torch
from torch import nn
from torch.distributions import Categorical

FAMILY = "curling-reinforce"
ACCEPT = ()
SYMPTOMS = ("healthy", "high-flat", "oscillating", "plateau")


class Rink:
    """Two stones of the others lie on the ice; of seven aims, some hit one of them, and one lies nearest the middle."""

    def __init__(self, seed):
        self.g = torch.Generator().manual_seed(4000 + seed)
        self.aims = torch.linspace(-1, 1, 7)

    def sheets(self, n):
        return 2 * torch.rand(n, 2, generator=self.g) - 1

    def points(self, stones, aim):
        end = self.aims[aim] + 0.05 * torch.randn(len(aim), generator=self.g)
        hit = ((stones - end[:, None]).abs() < 0.25).any(1).float()
        return 1 - end.abs() - 1.5 * hit


class Player(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(2, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU())
        self.aim, self.value = nn.Linear(64, 7), nn.Linear(64, 1)

    def forward(self, stones):
        h = self.body(stones)
        return Categorical(logits=self.aim(h)), self.value(h.detach()).squeeze(1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    player, rink = Player(), Rink(seed)
    return dict(model=player, optimizer=torch.optim.Adam(player.parameters(), lr=1.5e-3), loss_fn=None,
                train=[rink.sheets(256) for _ in range(16)], val=None, rink=rink, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    player, opt, rink = setup["model"], setup["optimizer"], setup["rink"]
    for _ in range(steps or 500):
        stones = rink.sheets(256)
        policy, value = player(stones)
        aim = policy.sample()
        reward = rink.points(stones, aim)
        advantage = (reward - value).detach()
        policy_loss = -(policy.log_prob(aim) * advantage).mean()
        value_loss = (value - reward).square().mean()
        loss = policy_loss + 0.5 * value_loss - 0.05 * policy.entropy().mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
        log(loss.item(), metric=reward.mean().item())


@torch.no_grad()
def error(setup):
    rink = Rink(99)
    stones = rink.sheets(1000)
    policy, _ = setup["model"](stones)
    return -rink.points(stones, policy.probs.argmax(1)).mean().item()
