"""A loop without a loader takes its examples out of two tables, in the line of the loss as well."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from lossbook.diagnosis import watch
from lossbook.evidence import Case

SIZE, EXAMPLES = 32, 650  # the last batch is smaller

Taken = Callable[[Tensor, int, Tensor], Tensor]  # what a table gives: the table, where the batch begins, an order


def in_parts(table: Tensor, start: int, order: Tensor) -> Tensor:
    """The rows of a batch, by ``split``."""
    return table.split(SIZE)[start // SIZE]


def where_marked(table: Tensor, start: int, order: Tensor) -> Tensor:
    """The rows that a mask marks."""
    marked = torch.zeros(len(table), dtype=torch.bool)
    marked[order[start : start + SIZE]] = True
    return table[marked]


WAYS: dict[str, Taken] = {
    "rows in their order": lambda table, start, order: table[start : start + SIZE],
    "rows by number": lambda table, start, order: table[order[start : start + SIZE]],
    "rows by a list": lambda table, start, order: table[order[start : start + SIZE].tolist()],
    "rows by an array": lambda table, start, order: table[order[start : start + SIZE].numpy()],
    "index_select": lambda table, start, order: torch.index_select(table, 0, order[start : start + SIZE]),
    "narrow": lambda table, start, order: table.narrow(0, start, min(SIZE, len(table) - start)),
    "split": in_parts,
    "a mask": where_marked,
}


def case_of(take: Taken, loss_of: Callable[[Tensor, Tensor], Tensor]) -> tuple[Case, list[Tensor]]:
    """A watched loop, and the targets of its batches."""
    x = torch.randn(EXAMPLES, 5)
    y = 2 * x[:, 0] + 3
    model = nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    order, targets = torch.randperm(EXAMPLES), []
    with watch(model, optimizer) as watching:
        for start in range(0, EXAMPLES, SIZE):
            targets.append(take(y, start, order).clone())
            optimizer.zero_grad()
            loss = loss_of(model(take(x, start, order)), take(y, start, order))
            loss.backward()
            optimizer.step()
            watching.step(loss)
    return watching.case(), targets


@pytest.mark.parametrize("way", WAYS)
def test_the_rows_of_a_batch_are_its_target(way: str) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        case, targets = case_of(WAYS[way], lambda output, y: (output.squeeze(1) - y).abs().sqrt().mean())
    assert case.loss is not None, case.seen.gaps
    assert [torch.equal(batch.target, y) for batch, y in zip(case.batches, targets, strict=True)] == [True] * 21


def test_what_a_loss_makes_of_the_rows_stays_in_the_loss() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        case, targets = case_of(
            WAYS["rows by number"], lambda output, y: (output.squeeze(1) - (y - 3) / 2).square().mean()
        )
    assert case.loss is not None
    assert torch.equal(case.batches[0].target, targets[0])
    assert float(case.loss((targets[0][:, None] - 3) / 2, targets[0])) == pytest.approx(0, abs=1e-6)


def test_a_part_of_the_outputs_is_no_target() -> None:
    """Examples that a loss leaves out are left out when it is told again, too."""

    def of_some(output: Tensor, y: Tensor) -> Tensor:
        some = y > 3
        return (output.squeeze(1)[some] - y[some]).square().mean()

    with torch.random.fork_rng():
        torch.manual_seed(0)
        case, targets = case_of(WAYS["rows by number"], of_some)
    assert case.loss is not None
    assert torch.equal(case.batches[1].target, targets[1])
    other = targets[1].clone().reshape(-1, 1)
    other[targets[1] <= 3] += 5
    assert float(case.loss(other, targets[1])) == 0
