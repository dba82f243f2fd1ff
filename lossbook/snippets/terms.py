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
scores = scores.masked_fill(~mask, float("-inf"))  # mask: True is a key
attention = scores.softmax(-1)
""",
        fix="""\
distance = torch.sqrt(((a - b) ** 2).sum(1) + 1e-8)
some = mask.any(-1, keepdim=True)  # a row without a key keeps its scores
scores = scores.masked_fill(~mask & some, float("-inf"))
attention = scores.softmax(-1) * some  # and gives 0
""",
        test="""\
import copy
net = copy.deepcopy(model)
def look(part, given, out):
    if torch.is_tensor(out) and not out.isfinite().all():
        print("not finite after", part)
for part in net.modules():
    part.register_forward_hook(look)
with torch.autograd.detect_anomaly():
    for inputs, targets in loader:
        loss_fn(net(inputs), targets).backward()
""",
        seen=(
            "Weights and batch are finite, and an error names the operation, such as PowBackward0 within a root of 0; "
            "the lines above it say where it was called. After a row that is all masked the outputs themselves are "
            "NaN: the first line names the layer behind the softmax. If this is not the cause, nothing is printed."
        ),
    ),
)
