"""A loop without a loader takes its examples out of two tables, in the line of the loss as well."""

import pytest
import torch
from sliced_loops import SIZE, Taken, case_of, inputs, net, order, sliced
from torch import Tensor, nn

EXAMPLES = 650  # the last batch is smaller


def in_parts(table: Tensor, start: int, rows: Tensor) -> Tensor:
    """The rows of a batch, by ``split``."""
    return table.split(SIZE)[start // SIZE]


def where_marked(table: Tensor, start: int, rows: Tensor) -> Tensor:
    """The rows that a mask marks."""
    marked = torch.zeros(len(table), dtype=torch.bool)
    marked[rows[start : start + SIZE]] = True
    return table[marked]


WAYS: dict[str, Taken] = {
    "rows in their order": sliced,
    "rows by number": lambda table, start, rows: table[rows[start : start + SIZE]],
    "rows by a list": lambda table, start, rows: table[rows[start : start + SIZE].tolist()],
    "rows by an array": lambda table, start, rows: table[rows[start : start + SIZE].numpy()],
    "index_select": lambda table, start, rows: torch.index_select(table, 0, rows[start : start + SIZE]),
    "narrow": lambda table, start, rows: table.narrow(0, start, min(SIZE, len(table) - start)),
    "split": in_parts,
    "a mask": where_marked,
}


def targets() -> Tensor:
    """Of all examples, near 3."""
    return 2 * inputs(EXAMPLES)[:, 0] + 3


def taken(way: str) -> list[Tensor]:
    """The targets of each batch."""
    return [WAYS[way](targets(), start, order(EXAMPLES)) for start in range(0, EXAMPLES, SIZE)]


@pytest.mark.parametrize("way", WAYS)
def test_the_rows_of_a_batch_are_its_target(way: str) -> None:
    def of_roots(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
        return (model(x).squeeze(1) - y).abs().sqrt().mean()

    case = case_of(of_roots, lambda: net(1), targets(), WAYS[way])
    assert case.loss is not None, case.seen.gaps
    assert [torch.equal(batch.target, y) for batch, y in zip(case.batches, taken(way), strict=True)] == [True] * 21


def test_what_a_loss_makes_of_the_rows_stays_in_the_loss() -> None:
    def of_scaled(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
        return (model(x).squeeze(1) - (y - 3) / 2).square().mean()

    case, y = case_of(of_scaled, lambda: net(1), targets(), WAYS["rows by number"]), taken("rows by number")[0]
    assert case.loss is not None
    assert torch.equal(case.batches[0].target, y)
    assert float(case.loss((y[:, None] - 3) / 2, y)) == pytest.approx(0, abs=1e-6)


def test_a_part_of_the_outputs_is_no_target() -> None:
    """Examples that a loss leaves out are left out when it is told again, too."""

    def of_some(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
        output = model(x).squeeze(1)
        some = y > 3
        return (output[some] - y[some]).square().mean()

    case, y = case_of(of_some, lambda: net(1), targets(), WAYS["rows by number"]), taken("rows by number")[1]
    assert case.loss is not None
    assert torch.equal(case.batches[1].target, y)
    other = y.clone().reshape(-1, 1)
    other[y <= 3] += 5
    assert float(case.loss(other, y)) == 0
