"""Snippets for the causes in the learning rate and its schedule."""

from __future__ import annotations

from lossbook.snippets.base import Snippet
from lossbook.snippets.shared import EACH_STEP, RATES, UPDATE_RATIO

ROWS = (
    Snippet(
        key="lr-too-high",
        bug="""\
optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
""",
        fix="""\
optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
""",
        test=RATES,
        seen=(
            "With a fresh model: at 0.1 or 0.01 of the rate the loss is far lower than at your own; if this is not the "
            "cause, it is no lower."
        ),
    ),
    Snippet(
        key="lr-too-low",
        bug="""\
optimizer = torch.optim.SGD(model.parameters(), lr=0.001)
""",
        fix="""\
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
""",
        test=RATES,
        seen=(
            "With a fresh model: at 10 or 100 times the rate the loss is far lower than at your own; if this is not "
            "the cause, it is no lower."
        ),
    ),
    Snippet(
        key="schedule-decays-too-early",
        bug="""\
scheduler = ExponentialLR(optimizer, gamma=0.8)
for x, y in loader:
    train_step(x, y)
    scheduler.step()
""",
        fix="""\
scheduler = ExponentialLR(optimizer, gamma=0.8)
for x, y in loader:
    train_step(x, y)
scheduler.step()  # once an epoch
""",
        test=EACH_STEP,
        seen=(
            "Above your loop: the rate falls to almost nothing within the first epoch; if this is not the cause, most "
            "of the run still has a rate of the same order as the first one."
        ),
    ),
    Snippet(
        key="no-warmup",
        bug="""\
optimizer = torch.optim.Adam(model.parameters(), lr=0.03)
for x, y in loader:
    train_step(x, y)
""",
        fix="""\
optimizer = torch.optim.Adam(model.parameters(), lr=0.03)
warmup = LinearLR(optimizer, start_factor=0.01, total_iters=500)
for x, y in loader:
    train_step(x, y)
    warmup.step()
""",
        test=UPDATE_RATIO,
        seen=(
            "With a fresh model: an update ratio near 1 or above in the first steps, where the loss jumps up; if this "
            "is not the cause, the ratio stays far below, and the loss does not jump."
        ),
    ),
)
