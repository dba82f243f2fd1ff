"""Healthy: a generator and a discriminator with a hinge loss; what is logged, the loss of the latter, rises and stays.

Source: https://github.com/jik876/hifi-gan/issues/17 ("the generator and discriminator losses are not meant to
decrease"; of our own as a program).
Why it is right: the better the made points, the less they can be told apart; their distance to the true ones falls.
"""

import torch
from torch import nn

from programs.data_t import ski_tracks

FAMILY = "skitracks-gan"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "high-flat", "oscillating")


def mlp(n_in, n_out, width=48):
    return nn.Sequential(nn.Linear(n_in, width), nn.LeakyReLU(0.2), nn.Linear(width, width), nn.LeakyReLU(0.2),
                         nn.Linear(width, n_out))  # fmt: skip


def build(seed, fixed=False):
    torch.manual_seed(seed)
    g, d = mlp(4, 2), mlp(2, 1)
    optimizers = [
        torch.optim.Adam(g.parameters(), lr=5e-4, betas=(0.0, 0.9)),
        torch.optim.Adam(d.parameters(), lr=2e-3, betas=(0.0, 0.9)),
    ]
    return dict(
        model=nn.ModuleList([g, d]),
        optimizer=optimizers,
        schedulers=[torch.optim.lr_scheduler.LinearLR(one, 1.0, 0.05, total_iters=800) for one in optimizers],
        loss_fn=None,
        train=ski_tracks(4000, seed),
        val=ski_tracks(500, seed + 500),
        fixed=fixed,
    )


def train(setup, log, steps=None):
    (g, d), (opt_g, opt_d) = setup["model"], setup["optimizer"]
    real_points = setup["train"]
    for step in range(1, 801):
        real = real_points[torch.randint(len(real_points), (128,))]
        fake = g(torch.randn(128, 4))
        d_loss = torch.relu(1 - d(real)).mean() + torch.relu(1 + d(fake.detach())).mean()
        opt_d.zero_grad()
        d_loss.backward()
        opt_d.step()

        g_loss = -d(g(torch.randn(128, 4))).mean()
        opt_g.zero_grad()
        g_loss.backward()
        opt_g.step()
        for scheduler in setup["schedulers"]:
            scheduler.step()
        if step % 100 == 0:
            log(d_loss.item(), metric=error(setup))
        else:
            log(d_loss.item())
        if step == steps:
            return


@torch.no_grad()
def error(setup):
    """The energy distance between made and true points."""
    real, noise = setup["val"], torch.randn(500, 4, generator=torch.Generator().manual_seed(1))
    fake = setup["model"][0](noise)
    across, among = torch.cdist(real, fake).mean(), torch.cdist(real, real).mean() + torch.cdist(fake, fake).mean()
    return (2 * across - among).item()
