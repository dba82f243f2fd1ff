"""Healthy: a fleet of forklifts learns the way to the dock by REINFORCE; the loss stands about zero all the time.

Source: https://github.com/yamatokataoka/reinforcement-learning-replications/issues/6 ("it is not a loss function in the
typical sense [...] let's only care about average return").
Why it is right: the advantages are centred and scaled in each batch, so the loss says nothing; the return rises.
"""

import torch
from torch import nn
from torch.distributions import Categorical

from programs.data_s import Warehouse

FAMILY = "forklifts-warehouse"
ACCEPT = ()
SYMPTOMS = ("healthy", "high-flat", "oscillating", "plateau")

GAMMA, HORIZON, ENTROPY = 0.95, 12, 0.01


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(25, 48), nn.Tanh(), nn.Linear(48, 4))

    def forward(self, seen):
        return Categorical(logits=self.body(seen))


def play(env, policy):
    seen, record = env.reset(), []
    for _ in range(HORIZON):
        with torch.no_grad():
            action = policy(seen).sample()
        before = seen
        seen, reward, active = env.step(action)
        record.append((before, action, reward, active))
    return [torch.stack(part) for part in zip(*record, strict=True)]


def to_go(rewards):
    total, out = torch.zeros(rewards.shape[1]), []
    for reward in rewards.flip(0):
        total = reward + GAMMA * total
        out.append(total)
    return torch.stack(out).flip(0)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    policy = Policy()
    return dict(model=policy, optimizer=torch.optim.Adam(policy.parameters(), lr=1e-2), loss_fn=None, train=None,
                env=Warehouse(seed), val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    env, policy, optimizer = setup["env"], setup["model"], setup["optimizer"]
    for _update in range(steps or 200):
        seen, action, reward, active = play(env, policy)
        returns = to_go(reward)[active]
        advantage = (returns - returns.mean()) / (returns.std() + 1e-8)
        pi = policy(seen[active])
        loss = -(pi.log_prob(action[active]) * advantage).mean() - ENTROPY * pi.entropy().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        log(loss.item(), metric=reward.sum(0).mean().item())


def error(setup):
    """What is lost of the reward of one, over all starts of five rounds."""
    return 1 - sum(play(setup["env"], setup["model"])[2].sum(0).mean().item() for _ in range(5)) / 5
