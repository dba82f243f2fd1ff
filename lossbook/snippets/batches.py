"""Snippets for the causes in how the batches are read."""

from __future__ import annotations

from lossbook.snippets.base import Snippet

ROWS = (
    Snippet(
        key="same-batch-repeated",
        bug="""\
for step in range(1000):
    x, y = next(iter(loader))
    loss = loss_fn(model(x), y)
""",
        fix="""\
for x, y in loader:
    loss = loss_fn(model(x), y)
""",
        test="""\
def show(module, inputs):
    if module.training:
        total = inputs[0].double().sum().item()
        print(f"sum of the inputs {total:.6g}")
model.register_forward_pre_hook(show)  # now run five steps
""",
        seen=("Above your loop: the same number at each step; if this is not the cause, another one at each step."),
    ),
    Snippet(
        key="data-changed-in-place",
        bug="""\
def __getitem__(self, i):
    x = self.images[i]
    x /= 255
    return x, self.labels[i]
""",
        fix="""\
def __getitem__(self, i):
    x = self.images[i]
    x = x / 255
    return x, self.labels[i]
""",
        test="""\
first = loader.dataset[0][0].clone()
again = loader.dataset[0][0]
print(f"read once: {first.min():.3g} to {first.max():.3g}")
print(f"read again: {again.min():.3g} to {again.max():.3g}")
print(f"largest difference {(again - first).abs().max():.3g}")
""",
        seen=(
            "Without augmentation: a difference, and in the same direction each time that you repeat it; if this is "
            "not the cause, it is 0."
        ),
    ),
)
