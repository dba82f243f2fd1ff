"""Bug: messages pass along all citations, those that are to be predicted included; the net only reads them off.

Source: https://github.com/snap-stanford/ogb/issues/285 ("Validation/Test edges included in the graph used for message
passing"); https://github.com/stanford-star/relbench/issues/288 (leakage in link prediction; rebuilt).
Why it hurts: whether two papers are linked is in their very codes; for new pairs, not yet linked, nothing is known.
"""

import torch
from torch import nn

from programs.data_l import papers

FAMILY = "papers-links"
ACCEPT = ("target-leak", "overfitting")
SYMPTOMS = ("too-good", "overfitting", "healthy")


class GraphNet(nn.Module):
    """A row of the adjacency is a paper's address in the graph; one round of messages, then a product."""

    def __init__(self, nodes, words=20, hidden=24):
        super().__init__()
        self.address = nn.Linear(nodes, hidden, bias=False)
        self.words = nn.Linear(words, hidden)
        self.pair = nn.Sequential(nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 1))

    def forward(self, x, adjacency, pairs):
        h = self.words(x) + self.address(adjacency)
        return self.pair(h[pairs[:, 0]] * h[pairs[:, 1]])[:, 0]


def adjacency(edges, nodes):
    a = torch.zeros(nodes, nodes)
    a[edges[:, 0], edges[:, 1]] = 1
    return a + a.T


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, edges = papers(seed)
    edges = edges[torch.randperm(len(edges))]
    test, known = edges[:150], edges[150:]
    net = GraphNet(len(x))
    return dict(model=net, optimizer=torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=0.1),
                loss_fn=nn.BCEWithLogitsLoss(), train=(x, known), val=None, test=test, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    x, known = setup["train"]
    net, optimizer = setup["model"], setup["optimizer"]
    for _ in range(steps or 150):
        order = torch.randperm(len(known))
        asked, rest = known[order[:128]], known[order[128:]]
        passed = rest if setup["fixed"] else known
        wrong = torch.randint(len(x), (128, 2))
        logits = net(x, adjacency(passed, len(x)), torch.cat([asked, wrong]))
        loss = setup["loss_fn"](logits, torch.cat([torch.ones(128), torch.zeros(128)]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        log(loss.item())


@torch.no_grad()
def error(setup):
    x, known = setup["train"]
    wrong = torch.randint(len(x), (150, 2), generator=torch.Generator().manual_seed(1))
    logits = setup["model"](x, adjacency(known, len(x)), torch.cat([setup["test"], wrong]))
    return setup["loss_fn"](logits, torch.cat([torch.ones(150), torch.zeros(150)])).item()
