"""Bug: a factorization machine whose factors begin, like its weights, at zero.

Source: https://github.com/aksnzhy/xlearn/issues/98 ("We cannot set the parameter of latent factor to zero. Because in
that case, the gradient will always be zero"; rebuilt).
Why it hurts: the derivative by each factor is a sum of the others, all nought; only the weights ever learn.
"""

import torch
from torch import nn

from programs.data_t import loaves

FAMILY = "loaves-fm"
ACCEPT = ("symmetric-init", "bad-init-scale")
SYMPTOMS = ("plateau", "high-flat")


class FactorizationMachine(nn.Module):
    def __init__(self, n_features, k=6, std=0.0):
        super().__init__()
        self.w0 = nn.Parameter(torch.zeros(1))
        self.w = nn.Parameter(torch.zeros(n_features))
        self.v = nn.Parameter(std * torch.randn(n_features, k))

    def forward(self, ids):
        linear = self.w0 + self.w[ids].sum(dim=1)
        v = self.v[ids]
        square_of_sum = v.sum(dim=1).square()
        sum_of_square = v.square().sum(dim=1)
        return linear + 0.5 * (square_of_sum - sum_of_square).sum(dim=1)


def get_batches(ids, liked, size):
    order = torch.randperm(len(ids))
    for start in range(0, len(order) - size + 1, size):
        take = order[start : start + size]
        yield ids[take], liked[take]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    fm = FactorizationMachine(77, std=0.1 if fixed else 0.0)
    return {"model": fm, "optimizer": torch.optim.Adam(fm.parameters(), lr=0.01), "loss_fn": nn.MSELoss(),
            "train": loaves(6000, seed), "val": loaves(1000, seed + 500), "fixed": fixed}  # fmt: skip


def train(setup, log, steps=None):
    fm, mse, adam = setup["model"], setup["loss_fn"], setup["optimizer"]
    n = 0
    for _epoch in range(12):
        for ids, liked in get_batches(*setup["train"], 100):
            adam.zero_grad()
            loss = mse(fm(ids), liked)
            loss.backward()
            adam.step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    ids, liked = setup["val"]
    return setup["loss_fn"](setup["model"](ids), liked).item()
