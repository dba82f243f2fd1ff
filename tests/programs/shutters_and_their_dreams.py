"""Healthy: a restricted Boltzmann machine learns by contrastive divergence; the loss is the gap of two free energies.

Source: https://github.com/wuaalb/keras_extensions/issues/7 ("I don't think there's any theoretical constraint why the
loss function should not be negative"); https://github.com/Cospel/rbm-ae-tf/pull/5 (the difference of free energies
"as a way to gauge cost during training of RBM"; rebuilt).
Why it looks ill: the loss falls below zero and then climbs for most of the training, as the dreams become like the
seen fronts; the likelihood of unseen fronts, counted in full, becomes better nearly all the time.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_l import shutters

FAMILY = "shutters-rbm"
ACCEPT = ()
SYMPTOMS = ("healthy", "diverging", "plateau", "oscillating")


class RBM(nn.Module):
    def __init__(self, n_vis=16, n_hid=32, k=5):
        super().__init__()
        self.W = nn.Parameter(0.1 * torch.randn(n_hid, n_vis))
        self.v_bias, self.h_bias = nn.Parameter(torch.zeros(n_vis)), nn.Parameter(torch.zeros(n_hid))
        self.k = k

    @torch.no_grad()
    def gibbs(self, v):
        for _ in range(self.k):
            h = torch.bernoulli(torch.sigmoid(F.linear(v, self.W, self.h_bias)))
            v = torch.bernoulli(torch.sigmoid(F.linear(h, self.W.t(), self.v_bias)))
        return v

    def forward(self, v):
        """The free energy of each row."""
        return -v @ self.v_bias - F.softplus(F.linear(v, self.W, self.h_bias)).sum(1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    rbm = RBM()
    return dict(model=rbm, optimizer=torch.optim.Adam(rbm.parameters(), lr=0.01), loss_fn=None, train=None,
                fronts=shutters(2000, seed), val=shutters(500, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    rbm, optimizer = setup["model"], setup["optimizer"]
    for _ in range(steps or 700):
        seen = setup["fronts"][torch.randint(len(setup["fronts"]), (100,))]
        dreams = rbm.gibbs(seen)
        loss = rbm(seen).mean() - rbm(dreams).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        log(loss.item())


@torch.no_grad()
def error(setup):
    """Nats a front: sixteen windows are few enough to sum over all 65536 fronts."""
    rbm = setup["model"]
    every = (torch.arange(2**16)[:, None] >> torch.arange(16) & 1).float()
    return (rbm(setup["val"]).mean() + torch.logsumexp(-rbm(every), 0)).item()
