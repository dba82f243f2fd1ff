"""Bug: the advantages of each minibatch are normalised by their deviation; the rollout is 129 long, the minibatch 64.

Source: https://github.com/jolibrain/wheatley/pull/93 ("Last minibatch size is 1, so mb_advantages.std() is nan and a
nan loss is backpropagated"; rebuilt).
Why it hurts: the deviation of one number is NaN; from the third step on all weights are.
"""

import torch
from torch import nn
from torch.distributions import Categorical

FAMILY = "pole-ppo"
ACCEPT = ("undefined-operation", "batch-too-small")
SYMPTOMS = ("non-finite",)


class Pole:
    """A stick that falls to one side; a push of 0 or 1 moves its foot. Paid 1 for each moment near the middle."""

    def __init__(self, seed):
        self.g, self.state = torch.Generator().manual_seed(4000 + seed), torch.zeros(2)

    def step(self, push):
        lean, speed = self.state
        speed = 0.95 * speed + 0.12 * lean + 0.1 * (1 - 2 * push) + 0.02 * torch.randn((), generator=self.g)
        self.state = torch.stack([lean + 0.3 * speed, speed])
        if self.state[0].abs() > 1:
            self.state = 0.1 * torch.randn(2, generator=self.g)
            return -5.0
        return 1.0 - 2 * self.state[0].abs().item()


class Agent(nn.Module):
    def __init__(self):
        super().__init__()
        self.actor = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2))
        self.critic = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    agent = Agent()
    return dict(model=agent, optimizer=torch.optim.Adam(agent.parameters(), lr=3e-3), loss_fn=None, train=None, val=None,
                env=Pole(seed), length=128 if fixed else 129, paid=[], fixed=fixed)  # fmt: skip


@torch.no_grad()
def rollout(agent, env, length):
    rows = []
    for _ in range(length):
        state = env.state.clone()
        dist = Categorical(logits=torch.nan_to_num(agent.actor(state)))
        action = dist.sample()
        rows.append((state, action, dist.log_prob(action), env.step(action)))
    states, actions, logp = (torch.stack(part) for part in list(zip(*rows, strict=True))[:3])
    back, total = [], agent.critic(env.state).item()
    for *_, reward in reversed(rows):
        total = reward + 0.95 * total
        back.append(total)
    return states, actions, logp, torch.tensor(back[::-1]), sum(row[3] for row in rows) / length


def train(setup, log, steps=None):
    agent, done = setup["model"], 0
    while done < (steps or 240):
        states, actions, logp, returns, paid = rollout(agent, setup["env"], setup["length"])
        setup["paid"].append(paid)
        for _ in range(4):
            for mb in torch.randperm(len(states)).split(64):
                value = agent.critic(states[mb]).squeeze(-1)
                adv = returns[mb] - value.detach()
                adv = (adv - adv.mean()) / (adv.std() + 1e-8)
                ratio = (
                    Categorical(logits=agent.actor(states[mb]), validate_args=False).log_prob(actions[mb]) - logp[mb]
                ).exp()
                loss = (
                    -torch.min(ratio * adv, ratio.clamp(0.8, 1.2) * adv).mean()
                    + 0.05 * (returns[mb] - value).square().mean()
                )
                setup["optimizer"].zero_grad()
                loss.backward()
                setup["optimizer"].step()
                log(loss.item())
                done += 1
                if done == (steps or 240):
                    return


def error(setup):
    tensors = [p.detach().sum() for p in setup["model"].parameters()]
    return -sum(setup["paid"][-5:]) / 5 if torch.stack(tensors).isfinite().all() else float("inf")
