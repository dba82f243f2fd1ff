"""Bug: SimSiam's target branch is not detached.

Source: https://github.com/lightly-ai/lightly/issues/559 and https://github.com/PatrickHua/SimSiam/issues/50 (without
the stop of the gradient, and the loss at -1 in no time). Why it hurts: the two branches agree best if they say the
same of every picture.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_a import digits

FAMILY = "digits-simsiam"
ACCEPT = ("representation-collapse",)
SYMPTOMS = ("too-good", "healthy")


class SimSiam(nn.Module):
    def __init__(self, dim=32):
        super().__init__()
        hidden = [nn.Linear(784, 128), nn.BatchNorm1d(128), nn.ReLU()]
        self.encoder = nn.Sequential(nn.Flatten(), *hidden, nn.Linear(128, dim), nn.BatchNorm1d(dim))
        self.predictor = nn.Sequential(nn.Linear(dim, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, dim))

    def forward(self, a, b):
        za, zb = self.encoder(a), self.encoder(b)
        return self.predictor(za), self.predictor(zb), za, zb


def negative_cosine(p, z, stop):
    return -F.cosine_similarity(p, z.detach() if stop else z, dim=1).mean()


def augment(x):
    """Moved by up to 2 pixels, another contrast, some noise."""
    dx, dy = torch.randint(-2, 3, (2,)).tolist()
    x = torch.roll(x, (dx, dy), dims=(2, 3))
    return x * (0.6 + 0.8 * torch.rand(len(x), 1, 1, 1)) + 0.1 * torch.randn_like(x)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, y = digits(3000, seed)
    model = SimSiam()
    opt = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4)
    return dict(model=model, optimizer=opt, loss_fn=None, train=x.split(100), val=None, labelled=(x, y), fixed=fixed)


def train(setup, log, steps=None):
    model, opt, stop, n = setup["model"], setup["optimizer"], setup["fixed"], 0
    for _epoch in range(6):
        for x in setup["train"]:
            pa, pb, za, zb = model(augment(x), augment(x))
            loss = 0.5 * (negative_cosine(pa, zb, stop) + negative_cosine(pb, za, stop))
            opt.zero_grad()
            loss.backward()
            opt.step()
            n += 1
            log(loss)
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """How alike two pictures that have nothing to do with each other come out: 1 if all are the same."""
    z = F.normalize(setup["model"].encoder(setup["labelled"][0]), dim=1)
    return float((z @ z.T).mean())
