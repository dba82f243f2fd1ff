"""Healthy: a tagger with a conditional random field; the loss is that of a whole path of 24 tags.

Source: https://github.com/allanj/pytorch_neural_crf/issues/4 ("it is quite large and not like nll loss");
https://github.com/kmkurn/pytorch-crf/issues/55 ("the code looks OK to me. By default, the loss is sum"; rebuilt).
Why it looks ill: the loss begins at 26, and the score of the true path may be negative.
"""

import torch
from torch import nn

from programs.data_m import chains

FAMILY = "crf-chains"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class CRF(nn.Module):
    def __init__(self, tags):
        super().__init__()
        self.move = nn.Parameter(torch.zeros(tags, tags))
        self.begin = nn.Parameter(torch.zeros(tags))

    def score(self, emission, path):
        at = emission.gather(2, path[..., None])[..., 0].sum(1)
        return at + self.begin[path[:, 0]] + self.move[path[:, :-1], path[:, 1:]].sum(1)

    def log_partition(self, emission):
        alpha = self.begin + emission[:, 0]
        for t in range(1, emission.shape[1]):
            alpha = torch.logsumexp(alpha[:, :, None] + self.move, 1) + emission[:, t]
        return torch.logsumexp(alpha, 1)

    def forward(self, emission, path):
        return (self.log_partition(emission) - self.score(emission, path)).mean()


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.residue, self.conv = nn.Embedding(20, 24), nn.Conv1d(24, 32, 5, padding=2)
        self.out, self.crf = nn.Linear(32, 3), CRF(3)

    def forward(self, chain, path):
        hidden = torch.relu(self.conv(self.residue(chain).transpose(1, 2))).transpose(1, 2)
        return self.crf(self.out(hidden), path)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    tagger = Tagger()
    return dict(model=tagger, optimizer=torch.optim.Adam(tagger.parameters(), lr=5e-3), loss_fn=None,
                train=chains(800, seed), val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    chain, path = setup["train"]
    n = 0
    for _epoch in range(6):
        for rows in torch.randperm(len(chain)).split(20):
            loss = setup["model"](chain[rows], path[rows])
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            n += 1
            if n == steps:
                return
