"""Snippets for the causes in the loss and the metric."""

from __future__ import annotations

from lossbook.snippets.base import Snippet
from lossbook.snippets.shared import OUTPUTS, SURE_AND_WRONG

ROWS = (
    Snippet(
        key="loss-sign-flipped",
        bug="""\
log_p = F.log_softmax(model(x), dim=1)
loss = log_p.gather(1, y[:, None]).mean()
""",
        fix="""\
log_p = F.log_softmax(model(x), dim=1)
loss = -log_p.gather(1, y[:, None]).mean()
""",
        test="""\
import copy
net, opt = copy.deepcopy((model, optimizer))
for step in range(51):
    out = net(x)
    loss = loss_fn(out, y)
    if step % 10 == 0:
        right = (out.argmax(1) == y).float().mean()
        print(f"step {step}: loss {loss:.3g}, {right:.0%} right")
    opt.zero_grad(); loss.backward(); opt.step()
""",
        seen=(
            "The loss falls, and fewer and fewer answers are right; if this is not the cause, more and more are. With "
            "numbers as targets, print (out - y).abs().mean()."
        ),
    ),
    Snippet(
        key="softmax-before-cross-entropy",
        bug="""\
model = nn.Sequential(nn.Linear(784, 10), nn.Softmax(dim=1))
loss = F.cross_entropy(model(x), y)
""",
        fix="""\
model = nn.Sequential(nn.Linear(784, 10))
loss = F.cross_entropy(model(x), y)
""",
        test=OUTPUTS,
        seen=(
            "All outputs lie in 0 to 1, and each row sums to 1; if this is not the cause, some are below 0, and the "
            "sums are any numbers."
        ),
    ),
    Snippet(
        key="probabilities-into-nll",
        bug="""\
probabilities = F.softmax(model(x), dim=1)
loss = F.nll_loss(probabilities, y)
""",
        fix="""\
log_probabilities = F.log_softmax(model(x), dim=1)
loss = F.nll_loss(log_probabilities, y)
""",
        test="""\
import math
with torch.no_grad():
    out = model(x)
print(f"loss at the start {loss_fn(out, y):.3g}")
print(f"of a model that knows nothing {math.log(out.shape[1]):.3g}")
""",
        seen=(
            "With a fresh model: a loss below 0, between -1 and 0; if this is not the cause, it is near the second "
            "number, ln K for K classes."
        ),
    ),
    Snippet(
        key="log-of-zero",
        bug="""\
p = torch.softmax(model(x), dim=1)
loss = -torch.log(p.gather(1, y[:, None])).mean()
""",
        fix="""\
logits = model(x)
loss = F.cross_entropy(logits, y)
""",
        test=SURE_AND_WRONG,
        seen=(
            "The loss becomes inf or nan when the wrong answer is sure enough; if this is not the cause, all numbers "
            "are finite."
        ),
    ),
    Snippet(
        key="wrong-loss",
        bug="""\
probabilities = F.softmax(model(x), dim=1)
loss = F.l1_loss(probabilities, F.one_hot(y, 10).float())
""",
        fix="""\
logits = model(x)
loss = F.cross_entropy(logits, y)
""",
        test=SURE_AND_WRONG,
        seen=(
            "The gradient goes to 0 as the wrong answer becomes sure; if this is not the cause, it stays, and the loss "
            "grows."
        ),
    ),
    Snippet(
        key="sum-reduction",
        bug="""\
loss_fn = nn.CrossEntropyLoss(reduction="sum")
""",
        fix="""\
loss_fn = nn.CrossEntropyLoss(reduction="mean")
""",
        test="""\
import copy
for name, inputs, targets in (
    ("the batch", x, y),
    ("doubled", torch.cat([x, x]), torch.cat([y, y])),
):
    net = copy.deepcopy(model)
    loss = loss_fn(net(inputs), targets)
    loss.backward()
    norm = nn.utils.clip_grad_norm_(net.parameters(), 1e9)
    print(f"{name}: loss {loss:.4g}, gradient {norm:.4g}")
""",
        seen="Both numbers double with the batch; if this is not the cause, they stay as they were.",
    ),
    Snippet(
        key="broadcast-loss",
        bug="""\
pred = model(x)  # (64, 1); y is (64,)
loss = ((pred - y) ** 2).mean()
""",
        fix="""\
pred = model(x).squeeze(1)
loss = ((pred - y) ** 2).mean()
""",
        test=OUTPUTS,
        seen=(
            "Two shapes such as (64, 1) and (64,), which are broadcast to (64, 64); if this is not the cause, a loss "
            "between numbers gets two equal shapes."
        ),
    ),
    Snippet(
        key="wrong-metric",
        bug="""\
answers = model(x).argmax(1, keepdim=True)  # (64, 1)
accuracy = (answers == y).float().mean()
""",
        fix="""\
answers = model(x).argmax(1)
accuracy = (answers == y).float().mean()
""",
        test="""\
with torch.no_grad():
    out = model(x)[:10]
print("answers", out.argmax(1).tolist())
print("labels ", y[:10].tolist())
right = sum(a == b for a, b in zip(out.argmax(1).tolist(), y.tolist()))
print(f"by hand {right / 10:.2f}, your metric {metric(out, y[:10]):.2f}")
""",
        seen=(
            "Two different numbers in the last line; if this is not the cause, they are equal. It needs metric, too: "
            "your function of outputs and targets."
        ),
    ),
)
