"""Healthy: an optimizer of one's own (Lion) and an activation of one's own with a backward of its own, on wave forms.

Source: https://github.com/lucidrains/lion-pytorch (the same rule; a rate of a third to a tenth of Adam's; no thread).
Why it looks ill: every weight moves by the same amount in every step, and the optimizer is none that torch knows.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_b import waves

FAMILY = "lion-convnet"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class Lion(torch.optim.Optimizer):
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(params, dict(lr=lr, betas=betas, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            b1, b2 = group["betas"]
            for p in (one for one in group["params"] if one.grad is not None):
                m = self.state[p].setdefault("exp_avg", torch.zeros_like(p))
                p.mul_(1 - group["lr"] * group["weight_decay"])
                p.add_(torch.sign(b1 * m + (1 - b1) * p.grad), alpha=-group["lr"])
                m.lerp_(p.grad, 1 - b2)


class SquaredReLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        positive = x.clamp(min=0)
        ctx.save_for_backward(positive)
        return positive * positive

    @staticmethod
    def backward(ctx, grad):
        (positive,) = ctx.saved_tensors
        return 2 * positive * grad


class Net(nn.Module):
    def __init__(self, width=16, classes=4):
        super().__init__()
        self.conv1, self.norm1 = nn.Conv1d(2, width, 5, padding=2), nn.GroupNorm(4, width)
        self.conv2, self.norm2 = nn.Conv1d(width, width, 5, stride=2), nn.GroupNorm(4, width)
        self.head = nn.Linear(width, classes)

    def forward(self, x):
        x = SquaredReLU.apply(self.norm1(self.conv1(x.transpose(1, 2))))
        x = SquaredReLU.apply(self.norm2(self.conv2(x)))
        return self.head(x.mean(2))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Net()
    optimizer = Lion(model.parameters(), lr=2e-3, weight_decay=0.03)
    loader = DataLoader(TensorDataset(*waves(1280, seed)), batch_size=32, shuffle=True)
    return dict(model=model, optimizer=optimizer, schedule=torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 200),
                loss_fn=nn.CrossEntropyLoss(), train=loader, val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, scheduler = setup["model"], setup["optimizer"], setup["schedule"]
    for n, (signal, kind) in enumerate((batch for _ in range(5) for batch in setup["train"]), 1):
        loss = setup["loss_fn"](model(signal), kind)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        log(loss.item())
        if n == steps:
            return
