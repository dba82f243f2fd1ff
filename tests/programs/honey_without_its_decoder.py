"""Bug: the optimizer of an autoencoder is given the encoder only.

Source: https://github.com/zdebruine/MMVAE/issues/39 ("Shared VAE Optimizer Only Given Encoder Parameters"; rebuilt for
spectra of honey).
Why it hurts: the decoder stays as it was drawn; four numbers through a random net give no spectrum.
"""

from itertools import chain, pairwise

import torch
from torch import nn
from torch.utils.data import DataLoader

from programs.data_k import honeys

FAMILY = "honey-ae"
ACCEPT = ("parameters-not-optimized",)
SYMPTOMS = ("plateau", "slow", "high-flat")


class Half(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.a, self.b, self.c = (nn.Linear(i, o) for i, o in pairwise(sizes))

    def forward(self, x):
        x = torch.selu(self.a(x))
        return self.c(torch.selu(self.b(x)))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    encoder, decoder = Half([40, 64, 32, 4]), Half([4, 32, 64, 40])
    params = chain(encoder.parameters(), decoder.parameters()) if fixed else encoder.parameters()
    optim = torch.optim.Adam(params, lr=2e-3)
    loader = DataLoader(honeys(1200, seed), batch_size=48, shuffle=True)
    return dict(model=nn.ModuleDict({"encoder": encoder, "decoder": decoder}), optimizer=optim, loss_fn=nn.MSELoss(),
                train=loader, val=None, test=honeys(300, seed + 500), fixed=fixed)  # fmt: skip


def reconstruct(model, spectra):
    return model["decoder"](model["encoder"](spectra))


def train(setup, log, steps=None):
    model, optim, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(10):
        for spectra in setup["train"]:
            model.zero_grad()
            loss = setup["loss_fn"](reconstruct(model, spectra), spectra)
            loss.backward()
            optim.step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    return setup["loss_fn"](reconstruct(setup["model"], setup["test"]), setup["test"]).item()
