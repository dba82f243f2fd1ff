"""Healthy: tables of choirs and songs under SparseAdam, the net upon them under AdamW: two optimizers, one loss.

Source: of our own. Why it is right: each parameter stands in exactly one of the two, both are cleared and both step.
"""

import torch
from torch import nn

FAMILY = "choirs-recommender"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class Taste(nn.Module):
    def __init__(self, choirs=60, songs=50, d=6):
        super().__init__()
        self.choir = nn.Embedding(choirs, d, sparse=True)
        self.song = nn.Embedding(songs, d, sparse=True)
        for table in (self.choir, self.song):
            nn.init.normal_(table.weight, std=0.3)
        self.net = nn.Sequential(nn.Linear(3 * d, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, c, s):
        a, b = self.choir(c), self.song(s)
        return self.net(torch.cat([a, b, a * b], 1)).squeeze(1)


def marks(n, seed):
    """Choir, song and mark: two hidden traits of each, multiplied, with some noise."""
    g, fixed = torch.Generator().manual_seed(seed), torch.Generator().manual_seed(77)
    u, v = torch.randn(60, 2, generator=fixed), torch.randn(50, 2, generator=fixed)
    c, s = torch.randint(60, (n,), generator=g), torch.randint(50, (n,), generator=g)
    return c, s, 0.7 * (u[c] * v[s]).sum(1) + 0.15 * torch.randn(n, generator=g)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Taste()
    sparse = torch.optim.SparseAdam([model.choir.weight, model.song.weight], lr=0.01)
    dense = torch.optim.AdamW(model.net.parameters(), lr=5e-3)
    return dict(model=model, optimizer=[sparse, dense], loss_fn=nn.MSELoss(), train=marks(6000, seed),
                val=marks(1000, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    data, done = setup["train"], 0
    for _epoch in range(7):
        for ids in torch.randperm(len(data[0])).split(60):
            c, s, mark = (column[ids] for column in data)
            for optimizer in setup["optimizer"]:
                optimizer.zero_grad()
            loss = setup["loss_fn"](setup["model"](c, s), mark)
            loss.backward()
            for optimizer in setup["optimizer"]:
                optimizer.step()
            log(loss.item())
            done += 1
            if done == steps:
                return


@torch.no_grad()
def error(setup):
    c, s, mark = setup["val"]
    return setup["loss_fn"](setup["model"](c, s), mark).item()
