"""Bug: the advantages of each minibatch are normalised by their deviation; the rollout is 129 long, the minibatch 64.

Source: https://github.com/jolibrain/wheatley/pull/93 ("Last minibatch size is 1, so mb_advantages.std() is nan and a
nan loss is backpropagated"; rebuilt).
Why it hurts: the deviation of one number is 0 / 0; from the third step on all weights are NaN.
"""

import torch
from torch import nn
from torch.nn import functional as F

FAMILY = "pole-ppo"
ACCEPT = ("undefined-operation", "batch-too-small")
SYMPTOMS = ("non-finite",)


class Agent(nn.Module):
    def __init__(self):
        super().__init__()
        self.actor = nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 3))
        self.critic = nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 1))


class Poles:
    """How three poles lean is told by four gauges; pushing the one that leans most pays best."""

    def __init__(self, seed):
        self.g = torch.Generator().manual_seed(4000 + seed)
        self.lean = torch.randn(4, 3, generator=torch.Generator().manual_seed(4))

    def look(self, n):
        return torch.randn(n, 4, generator=self.g)

    def push(self, gauges, pole):
        return torch.tanh(gauges @ self.lean).gather(1, pole[:, None])[:, 0]


def normalize(a):
    """Mean 0, and deviation 1 with the correction for small samples."""
    a = a - a.mean()
    return a / (a.square().sum() / (len(a) - 1)).sqrt()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    agent = Agent()
    optimizer = torch.optim.Adam(agent.parameters(), lr=3e-3)
    return dict(model=agent, optimizer=optimizer, loss_fn=None, train=None, val=None,
                env=Poles(seed), length=128 if fixed else 129, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    agent, env, optimizer, done = setup["model"], setup["env"], setup["optimizer"], 0
    while True:
        seen = env.look(setup["length"])
        with torch.no_grad():
            old = F.log_softmax(agent.actor(seen), 1)
            pole = torch.nan_to_num(old.exp(), 0.3).multinomial(1, generator=env.g)[:, 0]
            paid = env.push(seen, pole)
        for mb in torch.randperm(len(seen)).split(64):
            value = agent.critic(seen[mb]).squeeze(1)
            adv = normalize(paid[mb] - value.detach())
            new = F.log_softmax(agent.actor(seen[mb]), 1)
            ratio = (new - old[mb]).gather(1, pole[mb, None])[:, 0].exp()
            pg_loss = -torch.min(ratio * adv, ratio.clamp(0.8, 1.2) * adv).mean()
            loss = pg_loss + 0.5 * F.mse_loss(value, paid[mb])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            log(loss.item())
            done += 1
            if done == (steps or 300):
                return


@torch.no_grad()
def error(setup):
    seen = setup["env"].look(1000)
    share = torch.softmax(setup["model"].actor(seen), 1)
    return -(share * torch.tanh(seen @ setup["env"].lean)).sum(1).mean().item()
