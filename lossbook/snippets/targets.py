"""Snippets for the causes in what the targets are, and what the inputs tell of them."""

from __future__ import annotations

from lossbook.snippets.base import Snippet
from lossbook.snippets.shared import OUTPUTS, TARGETS

ROWS = (
    Snippet(
        key="target-leak",
        bug="""\
table = pd.read_csv("train.csv")
y = torch.tensor(table["price"].to_numpy())
x = torch.tensor(table.to_numpy())
""",
        fix="""\
table = pd.read_csv("train.csv")
y = torch.tensor(table["price"].to_numpy())
x = torch.tensor(table.drop(columns="price").to_numpy())
""",
        test="""\
inputs = torch.cat([batch[0].flatten(1) for batch in loader])
targets = torch.cat([batch[1] for batch in loader])
if not targets.is_floating_point():
    targets = F.one_hot(targets)  # a column for each class
both = torch.cat([inputs, targets.flatten(1).float()], dim=1)
table = torch.corrcoef(both.T)[:inputs.shape[1], inputs.shape[1]:]
best = table.abs().nan_to_num().amax(1)  # of each input
print(f"input {best.argmax()} and a target: correlation {best.max():.3f}")
""",
        seen=(
            "For a table: a correlation of 0.99 or more, which one input alone has no right to; if this is not the "
            "cause, it stays clearly below. In a sequence change the last token of x: the outputs before it must not "
            "move."
        ),
    ),
    Snippet(
        key="degenerate-targets",
        bug="""\
mask = PILToTensor()(Image.open(path)) / 255  # classes 0, 1, 2
mask = mask.long()
""",
        fix="""\
mask = PILToTensor()(Image.open(path))  # classes 0, 1, 2
mask = mask.long()
""",
        test=TARGETS,
        seen=(
            "A single target, which has 100 % of each batch; if this is not the cause, there are several. Count only "
            "those that the loss does not ignore."
        ),
    ),
    Snippet(
        key="unscaled-targets",
        bug="""\
prices = torch.tensor(table["price"].to_numpy())  # up to 900,000
loader = DataLoader(TensorDataset(x, prices[:, None]), 64)
""",
        fix="""\
prices = torch.tensor(table["price"].to_numpy())
prices = (prices - prices.mean()) / prices.std()
loader = DataLoader(TensorDataset(x, prices[:, None]), 64)
""",
        test=OUTPUTS,
        seen=(
            "With a fresh model: the deviation of the targets is more than 100 times that of the outputs; if this is "
            "not the cause, it is less."
        ),
    ),
)
