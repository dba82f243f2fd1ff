"""Bug: pairs of one class may hold the same picture twice, and the distance is a plain square root.

Source: https://github.com/adambielski/siamese-triplet/issues/18 and https://github.com/keras-team/keras/issues/9097.
Why it hurts: the root has no slope at 0; the loss of such a pair is a fine number, its gradient is NaN, and so are
all weights one step later.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_a import digits

FAMILY = "digits-siamese"
ACCEPT = ("undefined-operation",)
SYMPTOMS = ("non-finite",)


class Pairs(Dataset):
    def __init__(self, n, seed):
        self.x, self.y = digits(800, seed)
        g = torch.Generator().manual_seed(seed)
        self.first = torch.randint(len(self.y), (n,), generator=g)
        self.second = torch.randint(len(self.y), (n,), generator=g)
        for i in range(0, n, 2):
            mates = (self.y == self.y[self.first[i]]).nonzero().flatten()
            self.second[i] = mates[torch.randint(len(mates), (1,), generator=g)]

    def __len__(self):
        return len(self.first)

    def __getitem__(self, i):
        a, b = self.first[i], self.second[i]
        return self.x[a], self.x[b], (self.y[a] == self.y[b]).float()


class ContrastiveLoss(nn.Module):
    def __init__(self, margin=1.0, eps=0.0):
        super().__init__()
        self.margin, self.eps = margin, eps

    def forward(self, a, b, same):
        distance = torch.sqrt(((a - b) ** 2).sum(1) + self.eps)
        return (same * distance**2 + (1 - same) * torch.relu(self.margin - distance) ** 2).mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 96), nn.ReLU(), nn.Linear(96, 8))
    opt = torch.optim.Adam(model.parameters(), lr=1e-3)
    setup = dict(model=model, optimizer=opt, loss_fn=ContrastiveLoss(eps=1e-8 if fixed else 0.0), val=None, fixed=fixed)
    return setup | dict(train=DataLoader(Pairs(4000, seed), batch_size=32, shuffle=True))


def train(setup, log, steps=None):
    embed, opt, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(2):
        for a, b, same in setup["train"]:
            opt.zero_grad()
            loss = setup["loss_fn"](embed(a), embed(b), same)
            loss.backward()
            opt.step()
            n += 1
            log(loss)
            if n == steps:
                return
