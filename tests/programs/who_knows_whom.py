"""Healthy: links of a network are predicted; each step draws pairs that are no links anew, and the loss stays high.

Source: https://arxiv.org/abs/1611.07308 (graph autoencoders; rebuilt with sampled pairs).
Nothing to mend: who knows whom within a club is chance, so the loss cannot come near 0; the ranking gets good.
"""

import torch
import torch.nn.functional as F
from torch import nn

from programs.data_g import clubs

FAMILY = "links-prediction"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class Encoder(nn.Module):
    def __init__(self, words=24, hidden=16, code=6):
        super().__init__()
        self.own = nn.ModuleList([nn.Linear(words, hidden), nn.Linear(hidden, code)])
        self.heard = nn.ModuleList([nn.Linear(words, hidden, bias=False), nn.Linear(hidden, code, bias=False)])
        self.offset = nn.Parameter(torch.zeros(()))

    def forward(self, x, edges):
        source, target = edges
        x = F.dropout(x, 0.4, self.training)
        degree = torch.zeros(len(x)).index_add_(0, target, torch.ones(len(target))).clamp(min=1)
        for i in range(2):
            mean = torch.zeros_like(x).index_add_(0, target, x[source]) / degree[:, None]
            x = self.own[i](x) + self.heard[i](mean)
            x = F.relu(x) if i == 0 else x
        return x

    def decode(self, z, pairs):
        return (z[pairs[0]] * z[pairs[1]]).sum(1) + self.offset


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, known, _ = clubs(seed, people=1000)
    g = torch.Generator().manual_seed(seed)
    links = known.triu(1).nonzero().T
    links = links[:, torch.randperm(links.shape[1], generator=g)]
    held, kept = links[:, :150], links[:, 150:]
    model = Encoder()
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=5e-3, weight_decay=1e-3), g=g,
                loss_fn=F.binary_cross_entropy_with_logits, train=(x, torch.cat([kept, kept.flip(0)], 1)), val=held,
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, (x, edges), g = setup["model"], setup["optimizer"], setup["train"], setup["g"]
    for _ in range(160 if steps is None else steps):
        model.train()
        optimizer.zero_grad()
        some = edges[:, torch.randperm(edges.shape[1], generator=g)[:400]]
        others = torch.randint(len(x), (2, some.shape[1]), generator=g)
        scores = model.decode(model(x, edges), torch.cat([some, others], 1))
        truth = torch.cat([torch.ones(some.shape[1]), torch.zeros(others.shape[1])])
        loss = setup["loss_fn"](scores, truth)
        loss.backward()
        optimizer.step()
        log(loss.item())


@torch.no_grad()
def error(setup):
    """One minus the area under the curve, for links that were held out, against random pairs."""
    model, (x, edges), held = setup["model"], setup["train"], setup["val"]
    z = model.eval()(x, edges)
    others = torch.randint(len(x), (2, 1000), generator=torch.Generator().manual_seed(1))
    good, bad = model.decode(z, held), model.decode(z, others)
    return 1 - (good[:, None] > bad[None]).float().mean().item()
