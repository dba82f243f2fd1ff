"""Healthy: an actor and its critic; the loss wavers just below zero from first to last, and the return rises.

Source: https://ai.stackexchange.com/questions/40705 (what the loss of a policy gradient tells, and what it does not;
of our own as a program).
Why it is right: the advantages have no mean, so the loss has hardly one; the ferry comes to its dock all the same.
"""

import torch
from torch import nn
from torch.distributions import Categorical

FAMILY = "ferrydock-actor"
ACCEPT = ()
SYMPTOMS = ("healthy", "high-flat", "oscillating", "plateau")


class Harbour:
    """Place and speed on a line; three orders to the engine; each moment costs the distance to the dock."""

    def __init__(self, ferries, generator=None):
        self.place = 2 * torch.rand(ferries, generator=generator) - 1
        self.speed = torch.zeros(ferries)

    def look(self):
        return torch.stack([self.place, self.speed], dim=1)

    def order(self, engine):
        self.speed = 0.8 * self.speed + 0.1 * (engine - 1)
        self.place = self.place + self.speed
        return -self.place.abs()


class ActorCritic(nn.Module):
    def __init__(self):
        super().__init__()
        self.actor = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 3))
        self.critic = nn.Sequential(nn.Linear(3, 32), nn.Tanh(), nn.Linear(32, 1))


def sail(net, harbour, moments=15, greedy=False):
    log_probs, values, rewards = [], [], []
    for t in range(moments):
        seen = harbour.look()
        dist = Categorical(logits=net.actor(seen))
        engine = dist.probs.argmax(1) if greedy else dist.sample()
        log_probs.append(dist.log_prob(engine))
        values.append(net.critic(torch.cat([seen, torch.full((len(seen), 1), t / moments)], dim=1)).squeeze(1))
        rewards.append(harbour.order(engine))
    returns = torch.stack(rewards).flip(0).cumsum(0).flip(0)
    return torch.stack(log_probs), torch.stack(values), returns


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = ActorCritic()
    optimizers = [torch.optim.Adam(net.actor.parameters(), lr=5e-3), torch.optim.Adam(net.critic.parameters(), lr=1e-2)]
    return dict(model=net, optimizer=optimizers, loss_fn=None, train=None, val=None, fixed=fixed)


def train(setup, log, steps=None):
    net = setup["model"]
    for voyage in range(1, 251):
        log_probs, values, returns = sail(net, Harbour(64))
        advantage = (returns - values).detach()
        advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-6)
        actor_loss = -(log_probs * advantage).mean()
        critic_loss = (values - returns).square().mean()
        for optimizer, loss in zip(setup["optimizer"], (actor_loss, critic_loss), strict=True):
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        log(actor_loss.item(), metric=returns[0].mean().item())
        if voyage == steps:
            return


@torch.no_grad()
def error(setup):
    harbour = Harbour(200, torch.Generator().manual_seed(1))
    return -sail(setup["model"], harbour, greedy=True)[2][0].mean().item()
