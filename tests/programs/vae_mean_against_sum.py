"""Bug: in a VAE the reconstruction is averaged over all pixels while the divergence is summed over the code.

Source: https://github.com/AppliedDataSciencePartners/WorldModels/issues/12 (the divergence falls to 4e-7 and every
picture comes out alike). Why it hurts: the divergence weighs hundreds of times too much; the code carries nothing.
"""

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import digits

FAMILY = "digits-vae"
ACCEPT = ("loss-terms-unbalanced", "representation-collapse")
SYMPTOMS = ("plateau",)


class VAE(nn.Module):
    def __init__(self, code=8):
        super().__init__()
        self.enc = nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU())
        self.mu, self.log_var = nn.Linear(128, code), nn.Linear(128, code)
        self.dec = nn.Sequential(nn.Linear(code, 128), nn.ReLU(), nn.Linear(128, 784))

    def forward(self, x):
        h = self.enc(x)
        mu, log_var = self.mu(h), self.log_var(h)
        z = mu + torch.exp(0.5 * log_var) * torch.randn_like(mu)
        return self.dec(z), mu, log_var


class ElboLoss:
    def __init__(self, reduction):
        self.reduction = reduction

    def __call__(self, out, x):
        logits, mu, log_var = out
        x = x.flatten(1)
        bce = F.binary_cross_entropy_with_logits(logits, x, reduction=self.reduction)
        if self.reduction == "sum":
            bce = bce / len(x)
        kld = -0.5 * (1 + log_var - mu.pow(2) - log_var.exp()).sum(1).mean()
        return bce + kld


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, _ = digits(3000, seed)
    model = VAE()
    setup = dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=2e-3), val=None, fixed=fixed)
    setup |= dict(loss_fn=ElboLoss("sum" if fixed else "mean"), held_out=digits(300, seed, train=False)[0])
    return setup | dict(train=DataLoader(TensorDataset(x), batch_size=50, shuffle=True))


def train(setup, log, steps=None):
    model, opt, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(5):
        for (x,) in setup["train"]:
            opt.zero_grad()
            loss = setup["loss_fn"](model(x), x)
            loss.backward()
            opt.step()
            n += 1
            log(loss)
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    x = setup["held_out"]
    return float(F.binary_cross_entropy_with_logits(setup["model"](x)[0], x.flatten(1)))
