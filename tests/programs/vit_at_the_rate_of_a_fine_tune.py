"""Bug: a vision transformer is trained from nothing with 2e-5, the rate of a guide for tuning a pretrained one.

Source: https://docs.iam-brian.dev/docs/vision-transformer/improvements (poor from nothing; no thread).
Why it hurts: fresh weights have far to go; at this rate they hardly leave their place in a few hundred steps.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import digits

FAMILY = "vit-from-nothing"
ACCEPT = ("lr-too-low",)
SYMPTOMS = ("slow", "high-flat")


class ViT(nn.Module):
    def __init__(self, dim=48, depth=1, heads=4, classes=10):
        super().__init__()
        self.patches = nn.Conv2d(1, dim, kernel_size=7, stride=7)
        self.cls = nn.Parameter(torch.zeros(1, 1, dim))
        self.pos = nn.Parameter(0.02 * torch.randn(1, 17, dim))
        layer = nn.TransformerEncoderLayer(dim, heads, 2 * dim, 0.0, "gelu", batch_first=True, norm_first=True)
        self.blocks = nn.TransformerEncoder(layer, depth, nn.LayerNorm(dim), enable_nested_tensor=False)
        self.head = nn.Linear(dim, classes)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls.expand(len(x), -1, -1), x], dim=1) + self.pos
        return self.head(self.blocks(x)[:, 0])


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = ViT()
    decay = [p for p in model.parameters() if p.ndim == 2]
    rest = [p for p in model.parameters() if p.ndim != 2]
    groups = [{"params": decay, "weight_decay": 0.01}, {"params": rest, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=2e-3 if fixed else 2e-5)
    data = DataLoader(TensorDataset(*digits(3200, seed)), batch_size=24, shuffle=True, drop_last=True)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.CrossEntropyLoss(), train=data, val=None, fixed=fixed)


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    total = min(steps or 220, 220)
    step = 0
    while step < total:
        for x, y in setup["train"]:
            logits = model(x)
            loss = setup["loss_fn"](logits, y)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            step += 1
            log(loss)
            if step == total:
                return
