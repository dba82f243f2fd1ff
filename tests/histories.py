"""A small history, as no training would give it, whose numbers can be told apart."""

from __future__ import annotations

from lossbook import History

HISTORY = History(
    loss=(3.0, 2.0, 1.0, 2.0),
    lr=(0.1,) * 4,
    grad_norm=(1.0,) * 4,
    update_ratio=(0.01,) * 4,
    seconds=(0.1, 0.2, 0.3, 0.4),
    eval_step=(0, 4),
    reference_loss=(3.0, 1.5),
    val_loss=(3.0, 1.75),
    metric=(0.1, 0.5),
    environment={},
)
