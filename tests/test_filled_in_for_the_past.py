"""Columns that tell the target of training rows alone, in tables of another kind than those missed; and sound ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.diagnosis.ranking import ranked
from lossbook.diagnosis.suspicion import Suspicion, kind_of
from lossbook.evidence import Case, watch
from lossbook.probes import PROBES, Reading

COLUMNS, HELD_OUT = 6, 200


class Table(NamedTuple):
    x: Tensor
    y: Tensor
    new_x: Tensor
    new_y: Tensor


def measured(rows: int, noise: float = 0.3) -> Table:
    """Columns and what follows from them, with noise."""
    x = torch.randn(rows + HELD_OUT, COLUMNS)
    y = x[:, 0] + torch.tanh(2 * x[:, 1]) + noise * torch.randn(len(x))
    return Table(x[:rows], y[:rows], x[rows:], y[rows:])


def with_column(table: Table, old: Tensor, new: Tensor) -> Table:
    x, new_x = (torch.cat([a, b[:, None]], 1) for a, b in ((table.x, old), (table.new_x, new)))
    return table._replace(x=x, new_x=new_x)


def ward_in_the_end() -> Table:
    """One of three, by a number; new patients lie in none."""
    table = measured(800)
    y, new_y = ((each > -0.5).long() + (each > 0.5) for each in (table.y, table.new_y))
    return with_column(table._replace(y=y, new_y=new_y), y + 0.05 * torch.randn(len(y)), torch.zeros(HELD_OUT))


def known_before(rows: int) -> Table:
    table = measured(rows)
    return with_column(table, *(each + 0.05 * torch.randn(len(each)) for each in (table.y, table.new_y)))


def damages_paid() -> Table:
    """They grow ever faster with the damage; of new ones the mean was put in."""
    table = measured(800)
    paid = torch.exp(table.y / 2) + 0.005 * torch.rand(len(table.y))
    return with_column(table, paid, paid.mean().expand(HELD_OUT))


def letters_sent() -> Table:
    """Who was ill got some; of new ones there are letters for other things."""
    table = measured(800)
    y, new_y = ((each > 0).float() for each in (table.y, table.new_y))
    sent, others = y + 0.1 * torch.randn(len(y)), (torch.rand(HELD_OUT) < 0.5) + 0.1 * torch.randn(HELD_OUT)
    return with_column(table._replace(y=y, new_y=new_y), sent, others)


def last_year() -> Table:
    """It tells nearly all, and is known of the new ones, too; so few rows are learnt by heart."""
    return known_before(110)


def in_another_unit() -> Table:
    """Known of the new ones, too, which were not standardised."""
    table = known_before(800)
    return table._replace(new_x=40 * table.new_x + 7)


def columns_in_another_order() -> Table:
    """Known of the new ones, too, where it stands in front."""
    table = known_before(800)
    return table._replace(new_x=table.new_x.roll(1, 1))


def answers_of_others() -> Table:
    """Known of the new ones, too, whose answers were put into another order."""
    table = known_before(800)
    return table._replace(new_y=table.new_y.roll(31))


def a_new_year() -> Table:
    """Everything grew from year to year, and goes on; the new ones are of one year."""
    table = measured(800, noise=0.05)
    year = torch.randint(10, (800,)).float() - 5
    y, new_y = 0.3 * table.y + 4 * year, 0.3 * table.new_y + 4 * 5.0
    return with_column(table._replace(y=y, new_y=new_y), year, torch.full((HELD_OUT,), 5.0))


def trained(table: Table, loss_of: Callable[[Tensor, Tensor], Tensor], steps: int) -> Case:
    end = [nn.Linear(32, 1), nn.Flatten(0)] if table.y.is_floating_point() else [nn.Linear(32, 3)]
    model = nn.Sequential(nn.Linear(table.x.shape[1], 32), nn.ReLU(), *end)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    with watch(model, optimizer) as watching:
        for step in range(steps):
            rows = torch.randint(len(table.x), (40,))
            loss = loss_of(model(table.x[rows]), table.y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if step % 20 == 19:
                with torch.no_grad():
                    watching.step(loss.item(), val_loss=loss_of(model(table.new_x), table.new_y).item())
            else:
                watching.step(loss.item())
    return watching.case()


@pytest.mark.parametrize(
    ("make", "loss_of", "found"),
    [
        (damages_paid, F.mse_loss, True),
        (letters_sent, F.binary_cross_entropy_with_logits, True),
        (ward_in_the_end, F.cross_entropy, True),
        (last_year, F.mse_loss, False),
        (in_another_unit, F.mse_loss, False),
        (columns_in_another_order, F.mse_loss, False),
        (answers_of_others, F.mse_loss, False),
        (a_new_year, F.mse_loss, False),
    ],
)
def test_a_column_that_tells_the_target_of_training_rows_alone_is_a_leak(
    make: Callable[[], Table], loss_of: Callable[[Tensor, Tensor], Tensor], *, found: bool
) -> None:
    with seeded(0):
        reading = PROBES["target-leak"](trained(make(), loss_of, 400))
    assert reading.found is found, reading
    assert not found or f"number {COLUMNS} " in reading.sentence, reading


def test_what_follows_from_a_leak_stands_behind_it() -> None:
    said = Reading("found", "so it was")
    causes = ("overfitting", "preprocessing-mismatch", "target-leak")
    first, *others = ranked([Suspicion(cause, kind_of(cause), said) for cause in causes])
    assert first.suspicion.cause == "target-leak"
    assert {other.follows for other in others} == {"target-leak"}
