"""Graphs that stand in one batch: their edges lie beyond the first of them, if the nodes before were counted."""

from __future__ import annotations

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.diagnosis import watch
from lossbook.evidence import Case
from lossbook.probes import PROBES

GRAPHS, STEPS = 12, 30


class Mean(nn.Module):
    """Each node hears the sum of those before it, and each graph is the mean of its nodes."""

    def __init__(self) -> None:
        super().__init__()
        self.own, self.heard, self.last = nn.Linear(3, 16), nn.Linear(3, 16), nn.Linear(16, 1)

    def forward(self, x: Tensor, edge_index: Tensor, batch: Tensor) -> Tensor:
        heard = torch.zeros_like(x).index_add(0, edge_index[1], x[edge_index[0]])
        h = torch.relu(self.own(x) + self.heard(heard))
        return self.last(torch.zeros(int(batch[-1]) + 1, 16).index_add(0, batch, h))[:, 0]


def rings(sizes: list[int]) -> list[tuple[Tensor, Tensor]]:
    """A ring of each size: of what its nodes have, and its edges."""
    return [(torch.randn(n, 3), torch.stack([torch.arange(n), torch.arange(n).roll(1)])) for n in sizes]


def trained(*, offsets: bool, few_edges: bool = False) -> Case:
    with seeded(0):
        model = Mean()
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
        with watch(model, optimizer) as watching:
            for _ in range(STEPS):
                graphs = rings(torch.randint(4, 9, (GRAPHS,)).tolist())
                if few_edges:  # and those of the first graph alone
                    graphs = [(x, edges if place == 0 else edges[:, :0]) for place, (x, edges) in enumerate(graphs)]
                sizes = torch.tensor([len(x) for x, _ in graphs])
                starts = (sizes.cumsum(0) - sizes) * offsets
                edges = torch.cat([edges + start for (_, edges), start in zip(graphs, starts, strict=True)], 1)
                x = torch.cat([x for x, _ in graphs])
                owner = torch.repeat_interleave(torch.arange(GRAPHS), sizes)
                y = torch.stack([(one[:, 0] * one[:, 0].roll(1)).sum() for one, _ in graphs])
                optimizer.zero_grad()
                F.mse_loss(model(x, edges, owner), y).backward()
                optimizer.step()
    return watching.case()


@pytest.mark.parametrize(
    ("offsets", "few_edges", "found"), [(False, False, True), (True, False, False), (True, True, False)]
)
def test_edges_of_all_graphs_in_the_first_are_found(offsets: bool, few_edges: bool, found: bool) -> None:
    reading = PROBES["batch-mixing"](trained(offsets=offsets, few_edges=few_edges))
    assert reading.found is found, reading
