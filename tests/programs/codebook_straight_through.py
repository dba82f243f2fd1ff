"""Healthy: a VQ-VAE on digits; the gradient is passed straight through the choice of a code, the codes are averages.

Source: https://github.com/lucidrains/vector-quantize-pytorch (the same two devices, as a library; no thread).
Why it looks ill: the part of the loss that binds the encoder to its codes rises at first, and codes get no gradient.
"""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader

from programs.data_a import digits

FAMILY = "vector-quantized"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class Codebook(nn.Module):
    def __init__(self, codes=32, dim=8, decay=0.95):
        super().__init__()
        self.register_buffer("codes", torch.randn(codes, dim))
        self.register_buffer("size", torch.ones(codes))
        self.register_buffer("total", self.codes.clone())
        self.decay = decay

    def forward(self, z):
        flat = z.permute(0, 2, 3, 1).reshape(-1, z.shape[1])
        chosen = torch.cdist(flat, self.codes).argmin(1)
        if self.training:
            with torch.no_grad():
                hot = F.one_hot(chosen, len(self.codes)).float()
                self.size.lerp_(hot.sum(0), 1 - self.decay)
                self.total.lerp_(hot.T @ flat, 1 - self.decay)
                self.codes.copy_(self.total / (self.size + 1e-3).unsqueeze(1))
        q = self.codes[chosen].view(z.shape[0], z.shape[2], z.shape[3], -1).permute(0, 3, 1, 2)
        return z + (q - z).detach(), F.mse_loss(z, q.detach())


class VQVAE(nn.Module):
    def __init__(self, width=12, dim=8):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, width, 4, 2, 1),
            nn.ReLU(),
            nn.Conv2d(width, width, 4, 2, 1),
            nn.ReLU(),
            nn.Conv2d(width, dim, 1),
        )
        self.book = Codebook(dim=dim)
        self.decoder = nn.Sequential(
            nn.ConvTranspose2d(dim, width, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(width, 1, 4, 2, 1), nn.Sigmoid()
        )

    def forward(self, x):
        z, bound = self.book(self.encoder(x))
        return self.decoder(z), bound


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = VQVAE()
    loader = DataLoader(digits(720, seed)[0], batch_size=16, shuffle=True, drop_last=True)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=4e-3), loss_fn=F.mse_loss, train=loader,
                val=None, fixed=fixed, beta=0.25)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    model.train()
    for n, x in enumerate((x for _ in range(4) for x in setup["train"]), 1):
        picture, bound = model(x)
        loss = setup["loss_fn"](picture, x) + setup["beta"] * bound
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        log(loss.item())
        if n == steps:
            return
