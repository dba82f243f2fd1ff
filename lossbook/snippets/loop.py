"""Snippets for the causes in the training loop."""

from __future__ import annotations

from lossbook.snippets.base import Snippet
from lossbook.snippets.shared import EACH_STEP, GRADIENT_AT_STEP, MODES, PARAMETERS

ROWS = (
    Snippet(
        key="missing-zero-grad",
        bug="""\
for x, y in loader:
    loss = loss_fn(model(x), y)
    loss.backward()
    optimizer.step()
""",
        fix="""\
for x, y in loader:
    loss = loss_fn(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
""",
        test=GRADIENT_AT_STEP,
        seen=(
            "Above your loop: from the second step on, step() uses another gradient than backward() gave, often a "
            "larger one at each step; if this is not the cause, the two are equal at each step."
        ),
    ),
    Snippet(
        key="parameters-not-optimized",
        bug="""\
optimizer = torch.optim.Adam(model.parameters())
model.head = nn.Linear(512, 10)
""",
        fix="""\
model.head = nn.Linear(512, 10)
optimizer = torch.optim.Adam(model.parameters())
""",
        test=PARAMETERS,
        seen=(
            "NOT trained beside layers that should learn; if this is not the cause, only those have it that you have "
            "frozen for a reason."
        ),
    ),
    Snippet(
        key="train-eval-mode",
        bug="""\
model.train()
for epoch in range(10):
    train_one_epoch(model, loader)
    model.eval()
    validate(model, val_loader)
""",
        fix="""\
for epoch in range(10):
    model.train()
    train_one_epoch(model, loader)
    model.eval()
    validate(model, val_loader)
""",
        test=MODES,
        seen=(
            "Put where your loop trains: eval mode, and two losses that are far apart; where it validates, train mode. "
            "If this is not the cause, it trains in train mode and validates in eval mode."
        ),
    ),
    Snippet(
        key="state-reset",
        bug="""\
for x, y in loader:
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
    train_step(model, optimizer, x, y)
""",
        fix="""\
optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
for x, y in loader:
    train_step(model, optimizer, x, y)
""",
        test=EACH_STEP,
        seen=(
            "Above your loop: the number of the optimizer or of the weights changes, and its state is of 0 again; if "
            "this is not the cause, both numbers stay."
        ),
    ),
    Snippet(
        key="gradients-cleared-early",
        bug="""\
loss = loss_fn(model(x), y)
loss.backward()
optimizer.zero_grad()
optimizer.step()
""",
        fix="""\
loss = loss_fn(model(x), y)
optimizer.zero_grad()
loss.backward()
optimizer.step()
""",
        test=GRADIENT_AT_STEP,
        seen=(
            "Above your loop: the gradient at step() is 0, although that of backward() is not; if this is not the "
            "cause, the two are equal."
        ),
    ),
    Snippet(
        key="loss-misreported",
        bug="""\
total = 0.0
for epoch in range(10):
    for x, y in loader:
        total += train_step(x, y)
    print(total / len(loader))
""",
        fix="""\
for epoch in range(10):
    total = 0.0
    for x, y in loader:
        total += train_step(x, y)
    print(total / len(loader))
""",
        test="""\
true_loss_fn = loss_fn
def loss_fn(out, y):
    loss = true_loss_fn(out, y)
    print(f"loss {loss:.4g}")
    return loss  # now run your loop
""",
        seen=(
            "Above your loop: the numbers that you log part from these; if this is not the cause, each of yours is one "
            "of these, or the mean of some."
        ),
    ),
)
