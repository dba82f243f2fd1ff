"""Graphs that were put together into one, whose edges still count the nodes from 0 in each."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

import torch
from torch import Tensor

from lossbook.evidence import Batch, Case
from lossbook.evidence.structure import tensors
from lossbook.probes.base import Reading

LEAST = 3  #: batches
GRAPHS = 4  #: in each of them
FIX = "edges = torch.cat([e + start for e, start in zip(all_edges, starts)], 1)  # starts: nodes of the graphs before"


def or_without_offsets(decide: Callable[[Case], Reading]) -> Callable[[Case], Reading]:
    """A test of mixing; before it is asked whether the edges of each batch stay among the nodes of one graph.

    Which node belongs to which graph must be among the inputs. Where each graph has its own edges, some of them lie
    beyond the largest graph's size, unless nearly all graphs have none.
    """

    @wraps(decide)
    def decide_case(case: Case) -> Reading:
        joined = [each for each in map(_joined, case.batches) if each is not None]
        if len(joined) < LEAST or 2 * len(joined) < len(case.batches) or not all(map(_within_one, joined)):
            return decide(case)
        edges, sizes = joined[0]
        sentence = f"{int(sizes.sum())} nodes of {len(sizes)} graphs stand in a batch, and all {edges.shape[1]} edges"
        sentence = f"{sentence} lie among the first {int(sizes.max())} of them, the size of the largest graph"
        return Reading("found", sentence, fix=FIX)

    return decide_case


def _joined(batch: Batch) -> tuple[Tensor, Tensor] | None:
    """The edges of a batch of graphs, and the nodes of each graph; else None."""
    given = tensors((batch.inputs, batch.kwargs))
    whole = [each for each in given if each.dtype in (torch.int64, torch.int32) and each.numel()]
    edges = [each for each in whole if each.ndim == 2 and each.shape[0] == 2]
    rows = {len(each) for each in given if each.is_floating_point() and each.ndim == 2}
    owners = [each for each in whole if each.ndim == 1 and len(each) in rows and _numbers_graphs(each)]
    return None if len(edges) != 1 or len(owners) != 1 or batch.calls > 1 else (edges[0], owners[0].bincount())


def _within_one(joined: tuple[Tensor, Tensor]) -> bool:
    """Whether there are as many edges as nodes, and none lies beyond the size of one graph."""
    edges, sizes = joined
    last = int(edges.max())
    return edges.shape[1] >= int(sizes.sum()) and int(sizes.min()) <= 2 * last and last < int(sizes.max())


def _numbers_graphs(each: Tensor) -> bool:
    """Whether it counts graphs from 0 on, in whose order their nodes stand."""
    steps = each.diff()
    return int(each[0]) == 0 and int(each[-1]) >= GRAPHS - 1 and bool(((steps == 0) | (steps == 1)).all())
