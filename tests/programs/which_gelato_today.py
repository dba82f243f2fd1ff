"""Healthy: a contextual bandit; the loss of the policy rises towards zero while the customers come to be content.

Source: https://github.com/DLR-RM/stable-baselines3/issues/1943 (a policy loss that converges to 0);
https://github.com/allenai/open-instruct/issues/836 ("the loss is somewhat flat [...] the objective we are improving is
shifting as we train"; rebuilt). Why it is right: the advantages are centred, so the loss says nothing; the reward does.
"""

import torch
from torch import nn

from programs.data_n import gelato, generator

FAMILY = "gelato-bandit"
ACCEPT = ()
SYMPTOMS = ("healthy", "high-flat", "oscillating", "plateau")


class Seller(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(6, 48), nn.Tanh(), nn.Linear(48, 6))

    def forward(self, customer):
        return torch.log_softmax(self.net(customer), dim=-1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    seller = Seller()
    return dict(
        model=seller,
        optimizer=torch.optim.Adam(seller.parameters(), lr=5e-3),
        loss_fn=None,
        train=None,
        world=generator(seed),
        fixed=fixed,
    )


def train(setup, log, steps=None):
    seller, optimizer, world = setup["model"], setup["optimizer"], setup["world"]
    for _day in range(steps or 600):
        customer, likes = gelato(128, world)
        log_probs = seller(customer)
        sort = torch.multinomial(log_probs.detach().exp(), 1)
        content = torch.bernoulli(likes.gather(1, sort), generator=world).squeeze(1)
        advantage = (content - content.mean()) / (content.std() + 1e-6)
        loss = -(advantage * log_probs.gather(1, sort).squeeze(1)).mean()
        loss = loss + 0.01 * (log_probs.exp() * log_probs).sum(1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        log(loss.item(), metric=content.mean().item())


@torch.no_grad()
def error(setup):
    """How many more customers the best seller would have made content."""
    customer, likes = gelato(2000, generator(4321))
    offered = (setup["model"](customer).exp() * likes).sum(1)
    return (likes.max(1).values - offered).mean().item()
