"""Bug: two encoders are trained to bring pairs together, with a cosine loss on true pairs only.

Source: https://github.com/omoindrot/tensorflow-triplet-loss/issues/27 ("Loss goes to 0 but embeddings are bad [...] the
embeddings are very similar, no matter what image is fed"; rebuilt).
Why it hurts: one vector for all words makes the loss zero; nothing in it pushes other words away.
"""

import torch
import torch.nn.functional as F
from torch import nn

from programs.data_m import word_pairs

FAMILY = "two-languages"
ACCEPT = ("representation-collapse", "wrong-loss")
SYMPTOMS = ("too-good", "healthy", "plateau", "overfitting")


def encoder(columns, width=48, out=16):
    return nn.Sequential(
        nn.Linear(columns, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, out)
    )


class TwoLanguages(nn.Module):
    def __init__(self):
        super().__init__()
        self.german, self.danish = encoder(20), encoder(24)

    def forward(self, one, two):
        return F.normalize(self.german(one), dim=1), F.normalize(self.danish(two), dim=1)


def pull(a, b):
    return F.cosine_embedding_loss(a, b, torch.ones(len(a)))


def pull_and_push(a, b):
    scores = a @ b.T / 0.1
    return F.cross_entropy(scores, torch.arange(len(a)))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = TwoLanguages()
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=3e-3),
                loss_fn=pull_and_push if fixed else pull, train=word_pairs(1600, seed), val=None,
                test=word_pairs(100, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    one, two = setup["train"]
    taken = 0
    for _epoch in range(10):
        order = torch.randperm(len(one))
        for rows in order.split(50):
            a, b = setup["model"](one[rows], two[rows])
            loss = setup["loss_fn"](a, b)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            log(loss)
            taken += 1
            if taken == steps:
                return


@torch.no_grad()
def error(setup):
    """How often the nearest word is not the right one, among a hundred."""
    a, b = setup["model"](*setup["test"])
    return ((a @ b.T).argmax(1) != torch.arange(len(a))).float().mean().item()
