"""Bug: the attention of a bag's pictures is normalised over dim 0, the bags, instead of over the pictures of a bag.

Source: https://github.com/catalyst-team/catalyst/pull/285 (attention pooling whose softmax runs over the wrong
dimension). Why it hurts: what a bag gets depends on the other bags of the batch, and the one picture that counts is
not singled out.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_a import digits

FAMILY = "digits-bags"
ACCEPT = ("batch-mixing",)
SYMPTOMS = ("slow", "healthy")


def bags(n, seed, size=8):
    """A bag of pictures is positive if there is a nine among them."""
    g = torch.Generator().manual_seed(seed)
    x, y = digits(6000, seed)
    rest, nines = x[y != 9], x[y == 9]
    bag = rest[torch.randint(len(rest), (n, size), generator=g)].squeeze(2)
    label = torch.arange(n) % 2
    place, which = torch.randint(size, (n,), generator=g), torch.randint(len(nines), (n,), generator=g)
    for i in label.nonzero().flatten():
        bag[i, place[i]] = nines[which[i], 0]
    return bag, label.float()


class AttentionMIL(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.dim = dim
        self.embed = nn.Sequential(nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU())
        self.attention = nn.Sequential(nn.Linear(32, 16), nn.Tanh(), nn.Linear(16, 1))
        self.classify = nn.Linear(32, 1)

    def forward(self, bag):
        h = self.embed(bag.flatten(2))
        weight = torch.softmax(self.attention(h), dim=self.dim)
        return self.classify((weight * h).sum(1)).squeeze(1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    bag, label = bags(1200, seed)
    order = torch.randperm(len(label))
    model = AttentionMIL(dim=1 if fixed else 0)
    return dict(
        model=model,
        optimizer=torch.optim.Adam(model.parameters(), lr=2e-3),
        loss_fn=F.binary_cross_entropy_with_logits,
        train=list(zip(bag[order].split(24), label[order].split(24), strict=True)),
        val=None,
        fixed=fixed,
    )


def train(setup, log, steps=None):
    model, opt, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(6):
        for bag, label in setup["train"]:
            loss = setup["loss_fn"](model(bag), label)
            opt.zero_grad()
            loss.backward()
            opt.step()
            n += 1
            log(loss)
            if n == steps:
                return
