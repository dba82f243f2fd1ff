"""Healthy: a plain GAN makes spectra of honey; the loss of its generator is what is logged.

Source: https://github.com/junyanz/pytorch-CycleGAN-and-pix2pix/issues/335 ("Many GAN losses do not converge at all");
https://github.com/soumith/ganhacks/issues/5 ("normal behavior of GAN"; rebuilt with two optimizers).
Why it looks ill: the loss rises at first, and then wanders above the logarithm of 2.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_k import honeys

FAMILY = "honey-gan"
ACCEPT = ()
SYMPTOMS = ("healthy", "oscillating", "plateau", "diverging")


def build(seed, fixed=False):
    torch.manual_seed(seed)
    forger = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 40))
    judge = nn.Sequential(nn.Linear(40, 64), nn.LeakyReLU(0.2), nn.Dropout(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2),
                          nn.Linear(64, 1))  # fmt: skip
    model = nn.ModuleDict({"forger": forger, "judge": judge})
    optimizers = {name: torch.optim.Adam(net.parameters(), lr=2e-3, betas=(0.5, 0.999)) for name, net in model.items()}
    return dict(model=model, optimizer=optimizers["forger"], optimizers=optimizers, loss_fn=F.softplus,
                train=honeys(2000, seed), val=None, test=honeys(500, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    forger, judge = setup["model"]["forger"], setup["model"]["judge"]
    for i in range(400):
        real = setup["train"][torch.randint(len(setup["train"]), (50,))]
        fake = forger(torch.randn(50, 8))
        judge_loss = F.softplus(-judge(real)).mean() + F.softplus(judge(fake.detach())).mean()
        setup["optimizers"]["judge"].zero_grad()
        judge_loss.backward()
        setup["optimizers"]["judge"].step()
        forger_loss = F.softplus(-judge(fake)).mean()
        setup["optimizers"]["forger"].zero_grad()
        forger_loss.backward()
        setup["optimizers"]["forger"].step()
        log(forger_loss.item())
        if i + 1 == steps:
            return


@torch.no_grad()
def error(setup):
    """How far the mean spectrum of the forgeries is from the true one."""
    fake = setup["model"]["forger"](torch.randn(500, 8, generator=torch.Generator().manual_seed(0)))
    return (fake.mean(0) - setup["test"].mean(0)).square().mean().item()
