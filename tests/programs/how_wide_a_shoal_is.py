"""Bug: the two networks of a deep set are Linear after Linear; F.relu was imported and is called nowhere.

Source: https://github.com/soumith/cvpr2015/issues/6 ("Nonlinearities missing between Linear layers");
https://github.com/aymericdamien/TensorFlow-Examples/issues/207 (rebuilt).
Why it hurts: the sum over the fish of an affine map knows only where their middle is, and nothing of their spread.
"""

import torch
import torch.nn.functional as F
from torch import nn

from programs.data_m import shoals

FAMILY = "shoals-deepsets"
ACCEPT = ("missing-nonlinearity",)
SYMPTOMS = ("high-flat", "plateau", "slow")


class DeepSet(nn.Module):
    def __init__(self, width=48, activation=None):
        super().__init__()
        self.phi1, self.phi2 = nn.Linear(2, width), nn.Linear(width, width)
        self.rho1, self.rho2 = nn.Linear(width, width), nn.Linear(width, 1)
        self.activation = activation or (lambda x: x)

    def forward(self, fish):
        each = self.activation(self.phi1(fish))
        each = self.activation(self.phi2(each))
        whole = each.mean(dim=1)
        return self.rho2(self.activation(self.rho1(whole))).reshape(-1)


def loss_of(model, batch):
    fish, spread = batch
    return F.smooth_l1_loss(model(fish), spread)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = DeepSet(activation=F.relu if fixed else None)
    optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3)
    return dict(model=model, optimizer=optimizer, loss_fn=F.smooth_l1_loss, train=shoals(2000, seed), val=None,
                test=shoals(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    fish, spread = setup["train"]

    def stream():
        while True:
            order = torch.randperm(len(fish))
            for i in range(0, len(fish) - 49, 50):
                yield fish[order[i : i + 50]], spread[order[i : i + 50]]

    for n, batch in enumerate(stream(), start=1):
        setup["optimizer"].zero_grad()
        loss = loss_of(setup["model"], batch)
        loss.backward()
        setup["optimizer"].step()
        log(loss.item())
        if n == (steps or 360):
            return


@torch.no_grad()
def error(setup):
    return loss_of(setup["model"], setup["test"]).item()
