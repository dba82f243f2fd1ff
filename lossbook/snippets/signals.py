"""Snippets for the causes in the initial weights, and in signals and gradients on their way through the layers."""

from __future__ import annotations

from lossbook.snippets.base import Snippet
from lossbook.snippets.shared import ACTIVATIONS, GRADIENT_NORMS

ROWS = (
    Snippet(
        key="symmetric-init",
        bug="""\
for layer in model.modules():
    if isinstance(layer, nn.Linear):
        nn.init.zeros_(layer.weight)
""",
        fix="""\
for layer in model.modules():
    if isinstance(layer, nn.Linear):
        nn.init.kaiming_normal_(layer.weight)
""",
        test="""\
for name, p in model.named_parameters():
    if p.ndim > 1:
        rows = p.detach().flatten(1)
        gap = (rows - rows[:1]).abs().max()
        print(f"{name}: up to {rows.abs().max():.2g},", end=" ")
        print(f"rows differ by {gap:.2g}")
""",
        seen="Rows that differ by 0; if this is not the cause, they differ by as much as the weights are large.",
    ),
    Snippet(
        key="bad-init-scale",
        bug="""\
for layer in model.modules():
    if isinstance(layer, nn.Linear):
        nn.init.normal_(layer.weight)  # deviation 1
""",
        fix="""\
for layer in model.modules():
    if isinstance(layer, nn.Linear):
        nn.init.kaiming_normal_(layer.weight)
""",
        test=ACTIVATIONS,
        seen=(
            "With a fresh model: the spread (std) grows or shrinks from layer to layer, by ten at each or nearly so, "
            "and the loss with it; if this is not the cause, it stays of one order."
        ),
    ),
    Snippet(
        key="vanishing-gradients",
        bug="""\
layers = []
for _ in range(9):
    layers += [nn.Linear(32, 32), nn.Sigmoid()]
body = nn.Sequential(*layers)
""",
        fix="""\
layers = []
for _ in range(9):
    layers += [nn.Linear(32, 32), nn.ReLU()]
body = nn.Sequential(*layers)
""",
        test=GRADIENT_NORMS,
        seen=(
            "The gradient of the first layer is below a thousandth of that of the last; if this is not the cause, the "
            "two are within a factor of 100."
        ),
    ),
    Snippet(
        key="exploding-gradients",
        bug="""\
loss.backward()
optimizer.step()
""",
        fix="""\
loss.backward()
nn.utils.clip_grad_norm_(model.parameters(), 1.0)
optimizer.step()
""",
        test="""\
import copy
net = copy.deepcopy(model)
loss = loss_fn(net(x), y)
loss.backward()
grads = [p.grad.norm() for p in net.parameters() if p.grad is not None]
weights = [p.detach().norm() for p in net.parameters()]
g, w = torch.stack(grads).norm(), torch.stack(weights).norm()
print(f"gradient {g:.3g}, weights {w:.3g}, loss {loss:.3g}")
print(f"gradient * weights / loss = {g * w / loss:.3g}")
""",
        seen=(
            "A last number above 70, also where the gradient is clipped afterwards; if this is not the cause, it lies "
            "below."
        ),
    ),
    Snippet(
        key="dead-relu",
        bug="""\
for layer in model.modules():
    if isinstance(layer, nn.Linear):
        nn.init.kaiming_normal_(layer.weight)
        nn.init.constant_(layer.bias, -4.6)  # meant for the last one
""",
        fix="""\
for layer in model.modules():
    if isinstance(layer, nn.Linear):
        nn.init.kaiming_normal_(layer.weight)
nn.init.constant_(layer.bias, -4.6)  # the last one
""",
        test=ACTIVATIONS,
        seen=(
            "Nearly 100 % of the units of a layer before a ReLU are never above 0; if this is not the cause, it is "
            "less than half of them."
        ),
    ),
    Snippet(
        key="saturated-activations",
        bug="""\
layer = nn.Linear(784, 64)
nn.init.normal_(layer.weight)
net = nn.Sequential(layer, nn.Tanh(), nn.Linear(64, 10))
""",
        fix="""\
layer = nn.Linear(784, 64)
nn.init.xavier_normal_(layer.weight)
net = nn.Sequential(layer, nn.Tanh(), nn.Linear(64, 10))
""",
        test=ACTIVATIONS,
        seen=(
            "More than 50 % of what a layer gives to a tanh or sigmoid lies beyond 5; if this is not the cause, it is "
            "a few per cent."
        ),
    ),
)
