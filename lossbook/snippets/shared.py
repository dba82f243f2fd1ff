"""Tests that decide between several causes. Each uses the names of the reader's loop, and trains copies alone."""

from __future__ import annotations

#: outputs and targets side by side: shapes, ranges, spreads
OUTPUTS = """\
with torch.no_grad():
    out = model(x)
for name, each in ("outputs", out), ("targets", y.float()):
    print(name, tuple(each.shape), f"{each.min():.3g} to {each.max():.3g}")
    print(f"    mean {each.mean():.3g}, deviation {each.std():.3g}")
sums = out.flatten(1).sum(1)
print(f"sum of a row: {sums.min():.3f} to {sums.max():.3f}")
"""

#: how often each target occurs, batch by batch
TARGETS = """\
for number, (inputs, targets) in zip(range(5), loader):
    values, counts = targets.unique(return_counts=True)
    share = counts.max() / counts.sum()
    print(f"batch {number}: {len(values)} different targets,", end=" ")
    print(f"the most frequent has {share:.0%}")
"""

#: what the outputs make of the inputs
FIRST_FOR_ALL = """\
import copy
net = copy.deepcopy(model).eval()
with torch.no_grad():
    own, same = net(x), net(x[:1].expand_as(x))
print(f"outputs: size {own.abs().mean():.3g}")
print(f"spread over the batch {own.std(0).mean():.3g}")
print(f"change with the first input for all {(own - same).abs().max():.3g}")
"""

#: what leaves each layer, before its activation
ACTIVATIONS = """\
import copy
def show(layer, inputs, out):
    off = (out.flatten(1) <= 0).all(0).float().mean()
    std, far = out.std(0).mean(), (out.abs() > 5).float().mean()
    print(f"std {std:.2g}, never > 0: {off:.0%}, beyond 5: {far:.0%}")
net = copy.deepcopy(model)
kinds = (nn.Linear, nn.Conv2d)
for layer in filter(lambda m: isinstance(m, kinds), net.modules()):
    layer.register_forward_hook(show)
print(f"loss {loss_fn(net(x), y):.3g}")
"""

#: the gradient of each parameter
GRADIENT_NORMS = """\
import copy
net = copy.deepcopy(model)
loss_fn(net(x), y).backward()
for name, p in net.named_parameters():
    norm = "none" if p.grad is None else f"{p.grad.norm():.2g}"
    print(f"{name}: gradient {norm}, weights {p.norm():.2g}")
"""

#: which parameters are trained
PARAMETERS = """\
held = {id(p) for g in optimizer.param_groups for p in g["params"]}
for name, p in model.named_parameters():
    trained = p.requires_grad and id(p) in held
    print(name, tuple(p.shape), "trained" if trained else "NOT trained")
"""

#: one pass over the data at each of five rates
RATES = """\
import copy
for factor in 0.01, 0.1, 1, 10, 100:
    net, opt = copy.deepcopy((model, optimizer))
    for group in opt.param_groups:
        group["lr"] *= factor
    for inputs, targets in loader:
        loss = loss_fn(net(inputs), targets)
        opt.zero_grad(); loss.backward(); opt.step()
    print(f"{factor} of the rate: loss {loss:.3g}")
"""

#: a sure and wrong answer, in the place of the model's
SURE_AND_WRONG = """\
classes = model(x).shape[1]
for size in 1, 10, 100, 1000:
    wrong = size * F.one_hot((y + 1) % classes, classes).float()
    wrong.requires_grad_()
    loss = loss_fn(wrong, y)
    loss.backward()
    norm = wrong.grad.norm()
    print(f"wrong, sure by {size}: loss {loss:.3g}, gradient {norm:.2g}")
"""

#: how long the first steps are
UPDATE_RATIO = """\
import copy
net, opt = copy.deepcopy((model, optimizer))
flat = nn.utils.parameters_to_vector
for step, (inputs, targets) in zip(range(10), loader):
    before = flat(net.parameters()).detach()
    loss = loss_fn(net(inputs), targets)
    opt.zero_grad(); loss.backward(); opt.step()
    ratio = (flat(net.parameters()) - before).norm() / before.norm()
    print(f"step {step}: loss {loss:.3g}, update ratio {ratio:.2g}")
"""

#: the same batch in the two modes
MODES = """\
import copy
print("the model is in", "train" if model.training else "eval", "mode")
net = copy.deepcopy(model)
with torch.no_grad():
    for name, mode in ("train", True), ("eval", False):
        loss = loss_fn(net.train(mode)(x), y)
        print(f"loss in {name} mode {loss:.3g}")
"""

#: for the reader's loop: what the optimiser finds
GRADIENT_AT_STEP = """\
weight = [p for p in model.parameters() if p.requires_grad][-1]
def at_step(opt, args, kwargs):
    norm = 0 if weight.grad is None else weight.grad.norm().item()
    print(f"gradient at step() {norm:.3g}")
def in_backward(grad):
    print(f"gradient of backward() {grad.norm():.3g}")
weight.register_hook(in_backward)
optimizer.register_step_pre_hook(at_step)  # now run five steps
"""

#: for the reader's loop: which optimiser steps, at which rate, on which weights
EACH_STEP = """\
from torch.optim.optimizer import register_optimizer_step_pre_hook
def at_step(opt, args, kwargs):
    group = opt.param_groups[0]
    print(f"rate {group['lr']:.3g}, optimizer {id(opt)},", end=" ")
    print(f"weights {id(group['params'][0])}, state of {len(opt.state)}")
hook = register_optimizer_step_pre_hook(at_step)  # now run your loop
"""


def with_settings(settings: str) -> str:
    """One pass over the data as the optimiser is, and one with these settings."""
    return f"""\
import copy
for change in {{}}, {{{settings}}}:
    net, opt = copy.deepcopy((model, optimizer))
    for group in opt.param_groups:
        group.update(change)
    for inputs, targets in loader:
        loss = loss_fn(net(inputs), targets)
        opt.zero_grad(); loss.backward(); opt.step()
    print(f"with {{change or 'your settings'}}: loss {{loss:.3g}}")
"""
