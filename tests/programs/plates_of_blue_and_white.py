"""Healthy: a VAE whose loss is a sum over the dots of each plate and over the batch, as in PyTorch's own example.

Source: https://github.com/Jackson-Kang/Pytorch-VAE-tutorial/issues/4 ("the loss value which is more than 100");
https://github.com/pytorch/examples/issues/817 (a sum; rebuilt). Nothing to mend: Adam does not mind how large a loss
is, both parts are summed alike and all batches have the same size.
"""

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader

from programs.data_u import plates

FAMILY = "porcelain-vae"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class VAE(nn.Module):
    def __init__(self, dots=196, hidden=128, code=8):
        super().__init__()
        self.fc1 = nn.Linear(dots, hidden)
        self.fc21, self.fc22 = nn.Linear(hidden, code), nn.Linear(hidden, code)
        self.fc3, self.fc4 = nn.Linear(code, hidden), nn.Linear(hidden, dots)

    def encode(self, x):
        h1 = F.relu(self.fc1(x))
        return self.fc21(h1), self.fc22(h1)

    def reparameterize(self, mu, logvar):
        std = torch.exp(0.5 * logvar)
        return mu + std * torch.randn_like(std)

    def decode(self, z):
        return self.fc4(F.relu(self.fc3(z)))

    def forward(self, x):
        mu, logvar = self.encode(x)
        return self.decode(self.reparameterize(mu, logvar)), mu, logvar


def loss_function(recon_x, x, mu, logvar):
    bce = F.binary_cross_entropy_with_logits(recon_x, x, reduction="sum")
    kld = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return bce + kld


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = VAE()
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=2e-3), loss_fn=None, elbo=loss_function,
                train=DataLoader(plates(2560, seed), batch_size=64, shuffle=True, drop_last=True),
                val=plates(320, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    batch_idx = 0
    for _epoch in range(14):
        model.train()
        for data in setup["train"]:
            optimizer.zero_grad()
            recon_batch, mu, logvar = model(data)
            loss = setup["elbo"](recon_batch, data, mu, logvar)
            loss.backward()
            optimizer.step()
            batch_idx += 1
            log(loss.item())
            if batch_idx == steps:
                return


@torch.no_grad()
def error(setup):
    model, x = setup["model"].eval(), setup["val"]
    return setup["elbo"](*model(x)[:1], x, *model.encode(x)).item() / len(x)
