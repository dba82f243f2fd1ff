"""Healthy: differentially private SGD; the gradient of each patient is cut to length 1, and noise is added to the sum.

Source: https://github.com/meta-pytorch/opacus/issues/361 ("DP adds noise and is known to hurt performance");
https://github.com/meta-pytorch/opacus/issues/308 (less accurate than without; rebuilt).
Why it looks ill: every step is noisy on purpose, and p.grad is written by hand; the loss ends above that of plain SGD.
"""

import torch
from torch import nn
from torch.func import functional_call, grad, vmap

from programs.data_m import clinics

FAMILY = "patients-private"
ACCEPT = ()
SYMPTOMS = ("healthy", "slow", "oscillating", "plateau")

CLIP, NOISE = 1.0, 0.6


def private_gradients(model, x, y):
    """Writes .grad of all parameters."""
    weights = {name: p.detach() for name, p in model.named_parameters()}

    def one_loss(weights, row, label):
        logits = functional_call(model, weights, (row[None],))
        return nn.functional.cross_entropy(logits, label[None])

    each = vmap(grad(one_loss), in_dims=(None, 0, 0))(weights, x, y)
    length = torch.stack([g.flatten(1).norm(dim=1) for g in each.values()]).norm(dim=0)
    scale = (CLIP / length.clamp(min=1e-6)).clamp(max=1.0)
    for name, p in model.named_parameters():
        total = torch.einsum("n,n...->...", scale, each[name])
        p.grad = (total + NOISE * CLIP * torch.randn_like(total)) / len(x)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(8, 24), nn.Tanh(), nn.Linear(24, 5))
    x, y = (torch.cat(part) for part in zip(*clinics(6, 300, seed), strict=True))
    return dict(model=model, optimizer=torch.optim.SGD(model.parameters(), lr=0.4), loss_fn=nn.CrossEntropyLoss(),
                train=(x, y), val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    x, y = setup["train"]
    for n in range(300):
        rows = torch.nonzero(torch.rand(len(x)) < 48 / len(x))[:, 0]  # each patient by a coin of its own
        with torch.no_grad():
            loss = setup["loss_fn"](setup["model"](x[rows]), y[rows])
        private_gradients(setup["model"], x[rows], y[rows])
        setup["optimizer"].step()
        log(loss.item())
        if n + 1 == steps:
            return
