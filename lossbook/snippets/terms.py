"""Snippets for the causes in the terms and the operations of which a loss is made."""

from __future__ import annotations

from lossbook.snippets.base import Snippet
from lossbook.snippets.shared import GRADIENT_NORMS

ROWS = (
    Snippet(
        key="loss-term-lost",
        bug="""\
loss = F.cross_entropy(digit, y)
loss = weight * F.mse_loss(ink, amount)
loss.backward()
""",
        fix="""\
loss = F.cross_entropy(digit, y)
loss += weight * F.mse_loss(ink, amount)
loss.backward()
""",
        test=GRADIENT_NORMS,
        seen=(
            'A whole head has the gradient "none" or 0, while others have one; if this is not the cause, each head has '
            "one."
        ),
    ),
    Snippet(
        key="loss-terms-unbalanced",
        bug="""\
reconstruction = F.mse_loss(out, x, reduction="sum")
kl = 0.5 * (mu**2 + var - var.log() - 1).mean()
loss = reconstruction + kl
""",
        fix="""\
reconstruction = F.mse_loss(out, x, reduction="mean")
kl = 0.5 * (mu**2 + var - var.log() - 1).mean()
loss = reconstruction + kl
""",
        test="""\
import copy
for name, term in terms.items():
    net = copy.deepcopy(model)
    value = term(net(x), y)
    value.backward()
    norm = nn.utils.clip_grad_norm_(net.parameters(), 1e9)
    print(f"{name}: {value:.3g}, gradient {norm:.3g}")
""",
        seen=(
            "One gradient is a hundred times the other or more; if this is not the cause, they are within a factor of "
            "ten. It needs terms, too: a dict of your terms, each a function of outputs and targets, with its weight."
        ),
    ),
    Snippet(
        key="undefined-operation",
        bug="""\
distance = torch.sqrt(((a - b) ** 2).sum(1))
loss = torch.relu(1 - distance).mean()
""",
        fix="""\
distance = torch.sqrt(((a - b) ** 2).sum(1) + 1e-8)
loss = torch.relu(1 - distance).mean()
""",
        test="""\
import copy
for number, (inputs, targets) in enumerate(loader):
    net = copy.deepcopy(model)
    with torch.autograd.detect_anomaly():
        loss = loss_fn(net(inputs), targets)
        print(f"batch {number}: loss {loss:.3g}", end=" ")
        loss.backward()
        print("and a finite gradient")
""",
        seen=(
            "While the weights are finite, an error names the operation, such as SqrtBackward0, and the line above "
            "says where it was called; if this is not the cause, each batch has a finite gradient."
        ),
    ),
)
