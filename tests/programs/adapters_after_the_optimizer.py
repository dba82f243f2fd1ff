"""Bug: the optimizer is made from what may be trained, and only then the adapters are put into the frozen model.

Source: https://github.com/huggingface/transformers/pull/3532 (what was added after the optimizer was made is never
updated; rebuilt with adapters written by hand, as in https://github.com/fkodom/lora-pytorch/issues/1).
Why it hurts: the optimizer holds the new head alone; the adapters get gradients, and nobody uses them.
"""

import torch
from torch import nn

from programs.data_b import waves

FAMILY = "waves-lora"
ACCEPT = ("parameters-not-optimized",)
SYMPTOMS = ("slow", "plateau", "healthy")


class LoRALinear(nn.Module):
    def __init__(self, base, rank=8, alpha=16.0):
        super().__init__()
        self.base, self.scale = base, alpha / rank
        self.a = nn.Parameter(torch.randn(rank, base.in_features) / base.in_features**0.5)
        self.b = nn.Parameter(torch.zeros(base.out_features, rank))

    def forward(self, x):
        return self.base(x) + self.scale * (x @ self.a.T) @ self.b.T


def inject_lora(backbone):
    for i, layer in enumerate(backbone):
        if isinstance(layer, nn.Linear):
            backbone[i] = LoRALinear(layer)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, y = waves(1600, seed, classes=5)
    backbone = nn.Sequential(nn.Flatten(), nn.Linear(80, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU())
    backbone.requires_grad_(False)
    model = nn.Sequential(backbone, nn.Linear(64, 5))
    if fixed:
        inject_lora(backbone)
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-2)
    if not fixed:
        inject_lora(backbone)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.CrossEntropyLoss(), val=None, fixed=fixed,
                train=list(zip(x.split(32), y.split(32), strict=True)))  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, criterion, n = setup["model"], setup["optimizer"], setup["loss_fn"], 0
    for _epoch in range(10):
        for signal, label in setup["train"]:
            loss = criterion(model(signal), label)
            loss.backward()
            optimizer.step()
            model.zero_grad()
            n += 1
            log(loss.item())
            if n == steps:
                return
