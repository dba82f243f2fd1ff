"""Healthy: a forger of tree rings against a judge, with hinge losses; the judge's loss stays a little below two.

Source: https://github.com/knazeri/edge-connect/issues/62 ("Loss_D will stay in 1 while Loss_G will stay in -1 [...]
The image quality does improve though, but I wonder if that is normal?").
Why it is right: two is the loss of a judge that cannot tell; the forged rings come to have the true means and spreads.
"""

import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from programs.data_s import tree_rings

FAMILY = "treerings-critic"
ACCEPT = ()
SYMPTOMS = ("healthy", "high-flat", "oscillating", "plateau")

Z, YEARS, BATCH = 12, 16, 128


def generator():
    act = nn.LeakyReLU(0.2)
    return nn.Sequential(nn.Linear(Z, 48), act, nn.Linear(48, 48), act, nn.Linear(48, YEARS))


def discriminator():
    return nn.Sequential(
        spectral_norm(nn.Linear(YEARS, 48)), nn.LeakyReLU(0.2),
        spectral_norm(nn.Linear(48, 48)), nn.LeakyReLU(0.2),
        spectral_norm(nn.Linear(48, 1)),
    )  # fmt: skip


def build(seed, fixed=False):
    torch.manual_seed(seed)
    gan = nn.ModuleDict({"G": generator(), "D": discriminator()})
    optimizers = [
        torch.optim.Adam(gan["G"].parameters(), lr=5e-4, betas=(0.0, 0.9)),
        torch.optim.Adam(gan["D"].parameters(), lr=2e-3, betas=(0.0, 0.9)),
    ]
    return dict(model=gan, optimizer=optimizers, loss_fn=None, train=tree_rings(4000, seed), val=None,
                test=tree_rings(2000, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    G, D = setup["model"]["G"], setup["model"]["D"]
    opt_g, opt_d = setup["optimizer"]
    for _ in range(steps or 600):
        real = setup["train"][torch.randint(len(setup["train"]), (BATCH,))]
        fake = G(torch.randn(BATCH, Z)).detach()
        d_loss = torch.relu(1 - D(real)).mean() + torch.relu(1 + D(fake)).mean()
        opt_d.zero_grad()
        d_loss.backward()
        opt_d.step()

        g_loss = -D(G(torch.randn(BATCH, Z))).mean()
        opt_g.zero_grad()
        g_loss.backward()
        opt_g.step()
        log(d_loss.item())


@torch.no_grad()
def error(setup):
    """How far the means and covariances of forged and true rings are apart."""
    fake, real = setup["model"]["G"](torch.randn(2000, Z)), setup["test"]
    return ((fake.mean(0) - real.mean(0)).abs().mean() + (fake.T.cov() - real.T.cov()).abs().mean()).item()
