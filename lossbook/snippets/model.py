"""Snippets for the causes in the model's structure."""

from __future__ import annotations

from lossbook.snippets.base import Snippet
from lossbook.snippets.shared import GRADIENT_NORMS, OUTPUTS, PARAMETERS

ROWS = (
    Snippet(
        key="unregistered-layers",
        bug="""\
def __init__(self):
    super().__init__()
    self.layers = [nn.Linear(64, 64) for _ in range(4)]
    self.head = nn.Linear(64, 10)
""",
        fix="""\
def __init__(self):
    super().__init__()
    self.layers = nn.ModuleList(nn.Linear(64, 64) for _ in range(4))
    self.head = nn.Linear(64, 10)
""",
        test=PARAMETERS,
        seen=(
            "A layer that forward uses has no line; if this is not the cause, each layer with weights has one or two."
        ),
    ),
    Snippet(
        key="graph-detached",
        bug="""\
def forward(self, x):
    h = self.encoder(x).detach()
    return self.head(h)
""",
        fix="""\
def forward(self, x):
    h = self.encoder(x)
    return self.head(h)
""",
        test=GRADIENT_NORMS,
        seen=(
            'The gradient "none" for each layer before the cut; if this is not the cause, a number for each parameter.'
        ),
    ),
    Snippet(
        key="output-activation-mismatch",
        bug="""\
def forward(self, x):  # the targets go up to 9
    h = torch.relu(self.first(x))
    return torch.sigmoid(self.last(h))
""",
        fix="""\
def forward(self, x):  # the targets go up to 9
    h = torch.relu(self.first(x))
    return self.last(h)
""",
        test=OUTPUTS,
        seen=(
            "The outputs keep to a range, such as 0 to 1, beyond which many targets lie; if this is not the cause, "
            "those of a trained model get as far as the targets."
        ),
    ),
    Snippet(
        key="batch-mixing",
        bug="""\
def forward(self, x):  # (N, 1, 28, 28)
    x = x.view(784, -1).T
    return self.net(x)
""",
        fix="""\
def forward(self, x):  # (N, 1, 28, 28)
    x = x.flatten(1)
    return self.net(x)
""",
        test="""\
import copy
net = copy.deepcopy(model).eval()
inputs = x.clone().requires_grad_()
net(inputs)[0].sum().backward()
slopes = inputs.grad.abs().flatten(1).sum(1)
print(f"output 0 by input 0: {slopes[0]:.3g}")
print(f"output 0 by all other inputs: {slopes[1:].sum():.3g}")
""",
        seen="The second number is not 0; if this is not the cause, it is exactly 0, and the first one is not.",
    ),
    Snippet(
        key="missing-nonlinearity",
        bug="""\
model = nn.Sequential(
    nn.Linear(784, 64), nn.Linear(64, 64), nn.Linear(64, 10)
)
""",
        fix="""\
model = nn.Sequential(
    nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(),
    nn.Linear(64, 10),
)
""",
        test="""\
import copy
net = copy.deepcopy(model).eval()
a, b = x[:1], x[1:2]
with torch.no_grad():
    left = net(a) - net(b) + net(torch.zeros_like(a))
    right = net(a - b)
print(f"f(a) - f(b) + f(0) and f(a - b): up to {right.abs().max():.3g},")
print(f"they differ by {(left - right).abs().max():.3g}")
""",
        seen=("A difference of less than a thousandth of the numbers; if this is not the cause, it is of their order."),
    ),
    Snippet(
        key="capacity-too-small",
        bug="""\
model = nn.Sequential(nn.Linear(784, 2), nn.ReLU(), nn.Linear(2, 10))
""",
        fix="""\
model = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10))
""",
        test="""\
import copy
pairs = (model, optimizer), (larger, larger_optimizer)
for net, opt in copy.deepcopy(pairs):
    for epoch in range(3):
        for inputs, targets in loader:
            loss = loss_fn(net(inputs), targets)
            opt.zero_grad(); loss.backward(); opt.step()
    count = sum(p.numel() for p in net.parameters())
    print(f"{count} weights: loss {loss:.3g}")
""",
        seen=(
            "The larger model ends at less than half of the loss; if this is not the cause, both are stuck, or both "
            "fall. It needs larger, too, a fresh model like yours but several times as wide, and its larger_optimizer."
        ),
    ),
)
