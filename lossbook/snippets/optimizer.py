"""Snippets for the causes in the optimiser's other knobs, in the batch, and in low precision."""

from __future__ import annotations

from lossbook.snippets.base import Snippet
from lossbook.snippets.shared import with_settings

ROWS = (
    Snippet(
        key="momentum-too-high",
        bug="""\
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.99)
""",
        fix="""\
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
""",
        test=with_settings('"momentum": 0.9'),
        seen=(
            "With a fresh model: the loss is far lower with the momentum 0.9; if this is not the cause, it is about "
            "the same."
        ),
    ),
    Snippet(
        key="adam-eps",
        bug="""\
model = model.half()
optimizer = torch.optim.Adam(model.parameters(), lr=0.002)
""",
        fix="""\
model = model.half()
optimizer = torch.optim.Adam(model.parameters(), lr=0.002, eps=1e-4)
""",
        test="""\
for p, state in optimizer.state.items():
    root = state["exp_avg_sq"].sqrt()
    eps = torch.tensor(optimizer.defaults["eps"], dtype=root.dtype)
    print(f"{tuple(p.shape)}: eps {eps:.2g},", end=" ")
    print(f"root of v {root.min():.2g} to {root.max():.2g}")
""",
        seen=(
            "After some steps of Adam: an eps above the largest root, or, in float16, an eps of 0 and a root of 0; if "
            "this is not the cause, eps is above 0 and far below the largest root."
        ),
    ),
    Snippet(
        key="adam-betas",
        bug="""\
optimizer = torch.optim.Adam(model.parameters(), betas=(0.9, 0.001))
""",
        fix="""\
optimizer = torch.optim.Adam(model.parameters(), betas=(0.9, 0.999))
""",
        test=with_settings('"betas": (0.9, 0.999)'),
        seen=(
            "With a fresh model: the loss is far lower with the usual betas; if this is not the cause, it is about the "
            "same."
        ),
    ),
    Snippet(
        key="batch-too-small",
        bug="""\
loader = DataLoader(train_set, batch_size=1, shuffle=True)
""",
        fix="""\
loader = DataLoader(train_set, batch_size=64, shuffle=True)
""",
        test="""\
with torch.no_grad():
    losses = torch.stack([loss_fn(model(a), b) for a, b in loader])
for n in 1, 4, 16, 64:
    if len(losses) >= 2 * n:
        means = losses[:len(losses) // n * n].view(-1, n).mean(1)
        print(f"batches of {n * len(x)}: loss {means.mean():.3g},", end=" ")
        print(f"spread {means.std():.3g}")
""",
        seen=(
            "Your batches have a spread above their mean loss, and batches 16 times as large less than half of it; if "
            "this is not the cause, the spread is a part of the loss."
        ),
    ),
    Snippet(
        key="low-precision",
        bug="""\
with torch.autocast("cuda", dtype=torch.float16):
    loss = loss_fn(model(x), y)
loss.backward()
optimizer.step()
""",
        fix="""\
scaler = torch.amp.GradScaler()  # once, before the loop
with torch.autocast("cuda", dtype=torch.float16):
    loss = loss_fn(model(x), y)
scaler.scale(loss).backward()
scaler.step(optimizer)
scaler.update()
""",
        test="""\
import copy; scale = 1.0  # scaler.get_scale(), if you have a scaler
for bits, half in (16, True), (32, False):
    net = copy.deepcopy(model)
    with torch.autocast(x.device.type, torch.float16, enabled=half):
        loss = scale * loss_fn(net(x), y)
    loss.backward()
    grads = [p.grad for p in net.parameters() if p.grad is not None]
    g = torch.cat([grad.flatten() for grad in grads])
    zero, bad = (g == 0).float().mean(), (~g.isfinite()).float().mean()
    print(f"float{bits}: {zero:.0%} are 0, {bad:.0%} not finite")
""",
        seen=(
            "Far more of the gradient is exactly 0 in float16 than in float32 (too small), or it is not finite in "
            "float16 alone (too large: an overflow). If this is not the cause, the two lines are nearly the same. A "
            "GradScaler mends what is too small; bfloat16 mends both."
        ),
    ),
)
