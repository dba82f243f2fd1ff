"""Healthy: two nets are to find what is common to two looks at a piece of chalk; the loss is less their correlations.

Source: https://github.com/CPJKU/deep_lda/issues/3 ("Is it normal negative loss during training?") and
https://github.com/VahidooX/DeepCCA/issues/1 (a loss of less the correlation; rebuilt). Nothing to mend: it begins below
zero and goes towards -3, as three traits are common; batches are large because a covariance is taken of each.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_u import chalks

FAMILY = "chalks-correlation"
ACCEPT = ()
SYMPTOMS = ("healthy", "too-good")


def inverse_root(matrix):
    values, vectors = torch.linalg.eigh(matrix)
    return vectors @ torch.diag(values.clamp(min=1e-6).rsqrt()) @ vectors.T


class CCALoss(nn.Module):
    def __init__(self, ridge=1e-3):
        super().__init__()
        self.ridge = ridge

    def covariance(self, a, b):
        return a.T @ b / (len(a) - 1)

    def forward(self, a, b):
        a, b = a - a.mean(0), b - b.mean(0)
        eye = self.ridge * torch.eye(a.shape[1])
        white_a = inverse_root(self.covariance(a, a) + eye)
        white_b = inverse_root(self.covariance(b, b) + eye)
        return -torch.linalg.matrix_norm(white_a @ self.covariance(a, b) @ white_b, ord="nuc")


class TwoViews(nn.Module):
    def __init__(self, dims=3):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(14, 48), nn.Tanh(), nn.Linear(48, dims))
        self.g = nn.Sequential(nn.Linear(10, 48), nn.Tanh(), nn.Linear(48, dims))

    def forward(self, first, second):
        return self.f(first), self.g(second)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = TwoViews()
    pieces = TensorDataset(*chalks(6000, seed))
    return {
        "model": model,
        "optimizer": torch.optim.Adam(model.parameters(), lr=4e-3, weight_decay=1e-5),
        "loss_fn": CCALoss(),
        "train": DataLoader(pieces, batch_size=300, shuffle=True, drop_last=True),
        "val": chalks(1000, seed + 500),
        "fixed": fixed,
    }


@torch.no_grad()
def error(setup):
    return 3 + setup["loss_fn"](*setup["model"](*setup["val"])).item()


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(15):
        for first, second in setup["train"]:
            optimizer.zero_grad()
            loss = setup["loss_fn"](*model(first, second))
            loss.backward()
            optimizer.step()
            n += 1
            log(loss, **({"val_loss": error(setup) - 3} if n % 100 == 0 else {}))
            if n == steps:
                return
