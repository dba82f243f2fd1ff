"""Healthy: a GAN with the hinge loss; the generator's loss is of both signs and wanders while its points come nearer.

Source: https://github.com/knazeri/edge-connect/issues/62 ("Loss_D will stay in 1 while Loss_G will stay in -1 [...] The
image quality does improve though, but I wonder if that is normal?"). Why it looks ill: the loss says what the critic
thinks of the fakes, and the critic learns, too.
"""

import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from programs.data_h import clover

FAMILY = "petals-hinge-gan"
ACCEPT = ()
SYMPTOMS = ("healthy", "oscillating", "diverging", "plateau", "high-flat", "spiking", "slow")


def generator(latent=6, width=64):
    return nn.Sequential(nn.Linear(latent, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 2))


def critic(width=64):
    layers = [spectral_norm(nn.Linear(2, width)), nn.LeakyReLU(0.1), spectral_norm(nn.Linear(width, width)),
              nn.LeakyReLU(0.1), nn.Linear(width, 1)]  # fmt: skip
    return nn.Sequential(*layers)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    gen, dis = generator(), critic()
    g_opt = torch.optim.Adam(gen.parameters(), 1e-3, betas=(0.0, 0.9))
    d_opt = torch.optim.Adam(dis.parameters(), 4e-3, betas=(0.0, 0.9))
    return dict(model=gen, critic=dis, optimizer=(g_opt, d_opt), loss_fn=None, train=clover(4000, seed), val=None,
                test=clover(500, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    gen, dis, real = setup["model"], setup["critic"], setup["train"]
    g_opt, d_opt = setup["optimizer"]
    for _ in range(400 if steps is None else steps):
        for _twice in range(2):
            points, fakes = real[torch.randint(len(real), (100,))], gen(torch.randn(100, 6)).detach()
            d_loss = (1 - dis(points)).relu().mean() + (1 + dis(fakes)).relu().mean()
            d_opt.zero_grad()
            d_loss.backward()
            d_opt.step()
        g_loss = -dis(gen(torch.randn(100, 6))).mean()
        g_opt.zero_grad()
        g_loss.backward()
        g_opt.step()
        log(g_loss.item())


@torch.no_grad()
def error(setup):
    """How far a real point is from the nearest of 500 fakes, on average."""
    fakes = setup["model"](torch.randn(500, 6, generator=torch.Generator().manual_seed(1)))
    return torch.cdist(setup["test"], fakes).amin(1).mean().item()
