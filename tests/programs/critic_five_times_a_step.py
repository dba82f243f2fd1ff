"""Healthy: a WGAN with a gradient penalty; the critic's loss is below 0 and creeps up to it while the points get right.

Source: https://github.com/DegardinBruno/Kinetic-GAN/issues/1 (negative losses with WGAN-GP: answered, completely
normal; rebuilt). Nothing to mend: the critic's loss is minus a distance between what is real and what is made, and
that distance is to shrink.
"""

import math

import torch
from torch import nn

FAMILY = "points-wgan"
ACCEPT = ()
SYMPTOMS = ("healthy", "oscillating", "plateau", "high-flat", "slow", "diverging")
NOISE, CRITIC_STEPS, PENALTY = 4, 4, 2.0


def eight_bells(n):
    angle = 2 * math.pi * torch.randint(8, (n,)) / 8
    return torch.stack([angle.cos(), angle.sin()], 1) * 1.5 + 0.12 * torch.randn(n, 2)


def mlp(inputs, outputs, width=64):
    act = nn.LeakyReLU(0.2)
    return nn.Sequential(nn.Linear(inputs, width), act, nn.Linear(width, width), act, nn.Linear(width, outputs))


class GAN(nn.Module):
    def __init__(self):
        super().__init__()
        self.generator, self.critic = mlp(NOISE, 2), mlp(2, 1)

    def forward(self, n):
        return self.generator(torch.randn(n, NOISE))


def penalty(critic, real, fake):
    share = torch.rand(len(real), 1)
    between = (share * real + (1 - share) * fake).requires_grad_()
    (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    return (slope.norm(dim=1) - 1).square().mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    gan = GAN()
    opt_g = torch.optim.Adam(gan.generator.parameters(), lr=1e-3, betas=(0.5, 0.9))
    opt_c = torch.optim.Adam(gan.critic.parameters(), lr=2e-3, betas=(0.5, 0.9))
    return dict(model=gan, optimizer=(opt_g, opt_c), loss_fn=None, train=None, val=None, fixed=fixed)


def train(setup, log, steps=None):
    gan, (opt_g, opt_c) = setup["model"], setup["optimizer"]
    for _ in range(steps or 300):
        for _ in range(CRITIC_STEPS):
            real, fake = eight_bells(64), gan(64).detach()
            distance = gan.critic(real).mean() - gan.critic(fake).mean()
            critic_loss = -distance + PENALTY * penalty(gan.critic, real, fake)
            opt_c.zero_grad()
            critic_loss.backward()
            opt_c.step()
        opt_g.zero_grad()
        (-gan.critic(gan(64)).mean()).backward()
        opt_g.step()
        log(critic_loss)


@torch.no_grad()
def error(setup):
    """How far a real point is from the nearest of as many made ones."""
    return torch.cdist(eight_bells(500), setup["model"](500)).amin(1).mean()
