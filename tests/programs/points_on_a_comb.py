"""Healthy: a GAN whose logged loss, that of the generator, does not fall while its points come to lie on the comb.

Source: https://github.com/knazeri/edge-connect/issues/33 ("Normally [...] we expect the loss to monotonically decrease
[...] true when we have a fixed well-defined loss term"; rebuilt). Why it is right: two players; what counts is where
the points lie. Must not be called lr-too-high or wrong-loss.
"""

import torch
import torch.nn.functional as F
from torch import nn

from programs.data_n import comb, generator

FAMILY = "combs-gan"
ACCEPT = ()
SYMPTOMS = ("healthy", "high-flat", "oscillating", "plateau")
NOISE = 2


def mlp(n_in, n_out, act):
    return nn.Sequential(nn.Linear(n_in, 64), act, nn.Linear(64, 64), act, nn.Linear(64, n_out))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    nets = nn.ModuleDict({"G": mlp(NOISE, 2, nn.ReLU()), "D": mlp(2, 1, nn.LeakyReLU(0.2))})
    opt_g = torch.optim.Adam(nets["G"].parameters(), lr=1e-3, betas=(0.5, 0.99))
    opt_d = torch.optim.Adam(nets["D"].parameters(), lr=3e-3, betas=(0.5, 0.99))
    points = comb(6000, generator(seed))
    return dict(model=nets, optimizer=opt_g, optimizer_d=opt_d, loss_fn=F.binary_cross_entropy_with_logits,
                train=points, val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    G, D = setup["model"]["G"], setup["model"]["D"]
    bce, points = setup["loss_fn"], setup["train"]
    ones, zeros = torch.ones(96, 1), torch.zeros(96, 1)
    for _iteration in range(steps or 900):
        real = points[torch.randint(len(points), (96,))]
        fake = G(torch.randn(96, NOISE))
        loss_d = bce(D(real), 0.9 * ones) + bce(D(fake.detach()), zeros)
        setup["optimizer_d"].zero_grad()
        loss_d.backward()
        setup["optimizer_d"].step()

        loss_g = bce(D(fake), ones)
        setup["optimizer"].zero_grad()
        loss_g.backward()
        setup["optimizer"].step()
        log(loss_g.item())


@torch.no_grad()
def error(setup):
    """How far real and made points are apart: the energy distance of both clouds."""
    with torch.random.fork_rng():
        torch.manual_seed(1)
        made = setup["model"]["G"](torch.randn(1000, NOISE))
    real = comb(1000, generator(777))
    return (2 * torch.cdist(real, made).mean() - torch.cdist(real, real).mean() - torch.cdist(made, made).mean()).item()
