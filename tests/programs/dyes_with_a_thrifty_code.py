"""Bug: the penalty for a busy code is a sum over all rows and units, the error of the picture a mean.

Source: https://github.com/zdebruine/MMVAE/pull/19 ("incorrect scaling between MSE and KL [...] lead to imbalance");
https://github.com/wiseodd/generative-models/issues/40 (rebuilt for a sparse autoencoder of dyes on cloth).
Why it hurts: the penalty is a thousand times too strong; the code goes to 0, and the answer to the mean.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_k import dyes

FAMILY = "dyes-sparse"
ACCEPT = ("loss-terms-unbalanced", "representation-collapse", "sum-reduction")
SYMPTOMS = ("plateau", "high-flat")


class SparseAutoencoder(nn.Module):
    def __init__(self, many=30, units=40):
        super().__init__()
        self.encode, self.decode = nn.Linear(many, units), nn.Linear(units, many)

    def forward(self, spectrum):
        code = F.softplus(self.encode(spectrum), beta=5)
        return self.decode(code), code


def objective(seen, spectrum, code, rate, mean):
    busy = code.mean() if mean else code.sum()
    return F.mse_loss(seen, spectrum) + rate * busy


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = SparseAutoencoder()
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=5e-3), loss_fn=objective,
                train=dyes(1600, seed), val=None, test=dyes(300, seed + 500), rate=0.02, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    for i in range(300):
        spectrum = setup["train"][torch.randint(len(setup["train"]), (50,))]
        seen, code = model(spectrum)
        loss = setup["loss_fn"](seen, spectrum, code, setup["rate"], mean=setup["fixed"])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        log(loss.item())
        if i + 1 == steps:
            return


@torch.no_grad()
def error(setup):
    return F.mse_loss(setup["model"](setup["test"])[0], setup["test"]).item()
