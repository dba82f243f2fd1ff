"""A category that is replaced by the mean of its targets: over all rows that are trained on, or all but the row."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES
from lossbook.probes.encoded import mean_of_targets

ROWS, SHOPS = 600, 200


def sums(shop: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    total = torch.zeros(SHOPS).index_add_(0, shop, y)
    return total[shop], torch.bincount(shop, minlength=SHOPS)[shop]


def with_its_own(shop: Tensor, y: Tensor) -> Tensor:
    total, count = sums(shop, y)
    return total / count


def without_its_own(shop: Tensor, y: Tensor) -> Tensor:
    total, count = sums(shop, y)
    return (total - y) / (count - 1).clamp(min=1)


def by_the_other_half(shop: Tensor, y: Tensor) -> Tensor:
    half = torch.arange(ROWS) % 2 == 0
    means = [with_its_own(shop[part], y[part]) for part in (half, ~half)]
    by_shop = [
        torch.zeros(SHOPS).index_put_((shop[part],), mean) for part, mean in zip((half, ~half), means, strict=True)
    ]
    return torch.where(half, by_shop[1][shop], by_shop[0][shop])


def as_a_code(shop: Tensor, y: Tensor) -> Tensor:
    return shop / SHOPS


def table(column: Callable[[Tensor, Tensor], Tensor], classes: bool) -> tuple[Tensor, Tensor]:
    shop, x = torch.randint(SHOPS, (ROWS,)), torch.randn(ROWS, 4)
    y = torch.randn(SHOPS)[shop] + x[:, 0] + torch.randn(ROWS)
    y = (y > 0).float() if classes else y
    return torch.cat([x, column(shop, y)[:, None]], dim=1), y


def trained(x: Tensor, y: Tensor, classes: bool) -> Case:
    loss_fn = F.binary_cross_entropy_with_logits if classes else F.mse_loss
    model = nn.Sequential(nn.Linear(x.shape[1], 32), nn.ReLU(), nn.Linear(32, 1), nn.Flatten(0))
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    with watch(model, optimizer) as watching:
        for _ in range(8):
            for rows in torch.randperm(len(y)).split(30):
                optimizer.zero_grad()
                loss_fn(model(x[rows]), y[rows]).backward()
                optimizer.step()
    return watching.case()


@pytest.mark.parametrize("classes", [False, True])
@pytest.mark.parametrize("column", [with_its_own, without_its_own, by_the_other_half, as_a_code])
def test_a_mean_of_targets_leaks_where_the_row_itself_is_in_it(column: Callable[..., Tensor], classes: bool) -> None:
    with seeded(0):
        reading = PROBES["target-leak"](trained(*table(column, classes), classes))
    assert reading.found is (column is with_its_own), reading
    if reading.found:
        assert "number 4 of the inputs is, for nearly all rows that share it, the mean of" in reading.sentence


def test_a_mean_is_known_though_a_batch_was_not_seen_and_among_as_many_columns_as_pixels() -> None:
    with seeded(1):
        x, y = table(with_its_own, classes=False)
        wide = torch.cat([torch.rand(ROWS, 300), x], dim=1).double()
    assert mean_of_targets(wide[:-20], y[:-20]) == 304
    assert mean_of_targets(wide[:, :-1], y) is None


def test_on_a_grid_a_mean_is_what_it_is_by_symmetry() -> None:
    side = torch.linspace(-1, 1, 21, dtype=torch.float64)
    grid = torch.cartesian_prod(side, side)
    assert mean_of_targets(grid, grid.sum(dim=1)) is None


def test_a_table_with_nothing_to_tell_is_passed_over() -> None:
    x = torch.randn(50, 3, dtype=torch.float64)
    assert mean_of_targets(x, torch.ones(50)) is None
    assert mean_of_targets(x[:, :1], x[:, 0]) is None
    assert mean_of_targets(x.fill_(float("nan")), torch.randn(50)) is None
