"""Snippets for the causes in weight decay, dropout, and learning by heart."""

from __future__ import annotations

from lossbook.snippets.base import Snippet
from lossbook.snippets.shared import with_settings

ROWS = (
    Snippet(
        key="weight-decay-too-strong",
        bug="""\
optimizer = torch.optim.Adam(
    model.parameters(), lr=0.002, weight_decay=0.1
)
""",
        fix="""\
optimizer = torch.optim.AdamW(
    model.parameters(), lr=0.002, weight_decay=0.1
)
""",
        test=with_settings('"weight_decay": 0'),
        seen=(
            "With a fresh model: the loss is clearly lower without the decay; if this is not the cause, it is about "
            "the same."
        ),
    ),
    Snippet(
        key="dropout-too-high",
        bug="""\
keep = 0.9
drop = nn.Dropout(keep)  # the share that is dropped
""",
        fix="""\
keep = 0.9
drop = nn.Dropout(1 - keep)
""",
        test="""\
import copy
for name, factor in ("your dropout", 1), ("no dropout", 0):
    net, opt = copy.deepcopy((model, optimizer))
    for layer in net.modules():
        if isinstance(layer, nn.Dropout):
            layer.p *= factor
    for inputs, targets in loader:
        loss = loss_fn(net(inputs), targets)
        opt.zero_grad(); loss.backward(); opt.step()
    print(f"{name}: loss {loss:.3g}")
""",
        seen=(
            "With a fresh model in train mode: the loss is less than half as large without dropout; if this is not the "
            "cause, it falls with both."
        ),
    ),
    Snippet(
        key="overfitting",
        bug="""\
for epoch in range(500):
    train_one_epoch(model, loader)
    print(evaluate(model, val_loader))
""",
        fix="""\
val_losses = []
for epoch in range(500):
    train_one_epoch(model, loader)
    val_losses.append(evaluate(model, val_loader))
    if min(val_losses[-5:]) > min(val_losses):
        break  # and take the weights of the best epoch
""",
        test="""\
best = val_losses.index(min(val_losses))
print(f"held-out loss: lowest {val_losses[best]:.3g} at {best},", end=" ")
print(f"now {val_losses[-1]:.3g}")
print(f"training loss: {train_losses[best]:.3g} then,", end=" ")
print(f"{train_losses[-1]:.3g} now")
""",
        seen=(
            "The held-out loss has risen since its lowest point while the training loss fell; if this is not the "
            "cause, its lowest point is at the end. It needs train_losses and val_losses, too: one number an epoch."
        ),
    ),
)
