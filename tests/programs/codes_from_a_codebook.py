"""Healthy: a VQ-VAE; the nearest code goes on, and the gradient passes by it, straight through to the encoder.

Source: https://github.com/lucidrains/vector-quantize-pytorch/issues/238 (the reconstruction falls while the commitment
loss grows, "really weird"; that is how it goes, rebuilt). Must not be called graph-detached or loss-terms-unbalanced.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_a import digits

FAMILY = "vq-codes"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class Codebook(nn.Module):
    def __init__(self, codes=32, dim=8):
        super().__init__()
        self.table = nn.Embedding(codes, dim)
        nn.init.uniform_(self.table.weight, -1.5, 1.5)

    def forward(self, z):
        distance = torch.cdist(z.detach(), self.table.weight.detach())
        q = self.table(distance.argmin(-1))
        loss = F.mse_loss(q, z.detach()) + 0.25 * F.mse_loss(z, q.detach())
        return z + (q - z).detach(), loss


class VqVae(nn.Module):
    def __init__(self, places=12, dim=8):
        super().__init__()
        self.places, self.dim = places, dim
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(196, 96), nn.ReLU(), nn.Linear(96, places * dim))
        self.codebook = Codebook(dim=dim)
        self.decoder = nn.Sequential(nn.Linear(places * dim, 96), nn.ReLU(), nn.Linear(96, 196))

    def forward(self, x):
        z = F.layer_norm(self.encoder(x).view(-1, self.dim), (self.dim,))
        q, loss = self.codebook(z)
        return self.decoder(q.view(len(x), -1)), loss


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x = F.avg_pool2d(digits(960, seed)[0], 2)
    model = VqVae()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    return dict(model=model, optimizer=optimizer, loss_fn=None, train=x.split(64), val=None, fixed=fixed)


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _ in range(7):
        for x in setup["train"]:
            out, commitment = model(x)
            reconstruction = F.mse_loss(out, x.flatten(1)) / 0.06
            loss = reconstruction + commitment
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            n += 1
            log(loss)
            if n == steps:
                return
