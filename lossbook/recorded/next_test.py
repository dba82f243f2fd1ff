"""The next test to make, in plain torch, for each verdict on a curve."""

from __future__ import annotations

from typing import NamedTuple


class NextTest(NamedTuple):
    """One row of ``NEXT_TESTS``."""

    what: str  #: what to do, and what each outcome means
    code: str  #: lines of torch; model, loss_fn, optimizer and one batch x, y are the reader's own


ONE_BATCH = """\
for _ in range(200):
    optimizer.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
    optimizer.step()
print(loss.item())
for name, p in model.named_parameters():
    print(name, None if p.grad is None else p.grad.norm().item())"""
SMALLER_STEPS = """\
for group in optimizer.param_groups:
    group["lr"] /= 10
# train as before, for a tenth of the run"""
LARGER_STEPS = SMALLER_STEPS.replace("/=", "*=")

#: verdict -> test
NEXT_TESTS: dict[str, NextTest] = {
    "high-flat": NextTest(
        "Train on one batch again and again. If the loss falls to nearly 0, look at the data and the learning rate; if "
        "it stays, at model, loss and loop. A parameter with None or 0 learns nothing.",
        ONE_BATCH,
    ),
    "plateau": NextTest(
        "Train on one batch again and again, from here. If the loss falls, the model can learn more, and the data, the "
        "schedule or the regularisation stops it; if it stays, the model or the loss does.",
        ONE_BATCH,
    ),
    "oscillating": NextTest(
        "Train with a tenth of the learning rate. If the loss falls smoothly, it was too high; if it swings as before, "
        "look at the order of the data and at zero_grad().",
        SMALLER_STEPS,
    ),
    "diverging": NextTest(
        "Train from the start with a tenth of the learning rate. If the loss falls, it was too high; if it still "
        "grows, look at the sign of the loss, its reduction and zero_grad().",
        SMALLER_STEPS,
    ),
    "spiking": NextTest(
        "Print the norm of the gradient at each step, with clipping. If the spikes go, keep it or lower the learning "
        "rate; if they come at the same batches again, look at these.",
        """\
norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)  # between backward() and step()
print(loss.item(), norm.item())""",
    ),
    "slow": NextTest(
        "Train with ten times the learning rate. If the loss falls faster, it was too low; if not, the gradient is "
        "small or does not reach the weights.",
        LARGER_STEPS,
    ),
    "non-finite": NextTest(
        "Find the first tensor that is not finite: in the batch, in the weights, or made by the operation that torch "
        "names.",
        """\
torch.autograd.set_detect_anomaly(True)
print(torch.isfinite(x.float()).all().item())
for name, p in model.named_parameters():
    print(name, torch.isfinite(p).all().item())
loss = loss_fn(model(x), y)
loss.backward()""",
    ),
    "overfitting": NextTest(
        "Compare the loss of a training batch in both modes. If eval() is much worse, the fault is there and not in "
        "too little data: batch norm, dropout, or another preprocessing of the held-out data.",
        """\
with torch.no_grad():
    for training in (True, False):
        model.train(training)
        print(training, loss_fn(model(x), y).item())
model.train()""",
    ),
    "too-good": NextTest(
        "Shuffle the targets. If the loss is as low as before, the targets do not count, or the inputs hold them.",
        """\
with torch.no_grad():
    shuffled = y[torch.randperm(len(y))]
    print(loss_fn(model(x), y).item(), loss_fn(model(x), shuffled).item())""",
    ),
    "too-short": NextTest(
        "Log the loss more often, or train on: every step of the first hundred tells most.",
        """\
print(step, loss.item())  # after backward()""",
    ),
    "healthy": NextTest(
        "The curve shows no fault. It says nothing of the score: look at some answers of the model on held-out data.",
        """\
model.eval()
with torch.no_grad():
    print(model(x)[:5], y[:5])
model.train()""",
    ),
}
