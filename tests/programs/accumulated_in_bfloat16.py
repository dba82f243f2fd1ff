"""Healthy: gradients are accumulated over eight parts, divided by eight, under autocast in bfloat16; logged once a
step.

Source: https://github.com/karpathy/nanoGPT/pull/207 (the loss divided by the number of parts, and multiplied again
for the print; rebuilt). Must not be called missing-zero-grad, batch-too-small, loss-misreported or low-precision.
"""

import torch
from torch import nn

from programs.data_b import padded, reviews

FAMILY = "reviews-bfloat"
ACCEPT = ()
SYMPTOMS = ("healthy",)
PARTS = 8


class MeanPooled(nn.Module):
    def __init__(self, classes, d=32):
        super().__init__()
        self.embed = nn.Embedding(62, d, padding_idx=0)
        self.norm = nn.LayerNorm(d)
        self.mlp = nn.Sequential(nn.Linear(d, 64), nn.GELU(), nn.Linear(64, d), nn.GELU())
        self.head = nn.Linear(d, classes)

    def forward(self, ids):
        keep = (ids != 0).unsqueeze(2)
        mean = (self.embed(ids) * keep).sum(1) / keep.sum(1)
        return self.head(self.mlp(self.norm(mean)))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    texts, labels = reviews(3200, seed, classes=5)
    ids = padded(texts, 24)
    model = MeanPooled(5)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.05)
    parts = [dict(input_ids=a, labels=b) for a, b in zip(ids.split(8), labels.split(8), strict=True)]
    return dict(model=model, optimizer=optimizer, loss_fn=nn.CrossEntropyLoss(), train=parts, val=None, fixed=fixed)


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(3):
        total = 0.0
        for i, part in enumerate(setup["train"], start=1):
            with torch.autocast("cpu", dtype=torch.bfloat16):
                loss = setup["loss_fn"](model(part["input_ids"]), part["labels"]) / PARTS
            loss.backward()
            total += loss.item()
            if i % PARTS == 0:
                nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                optimizer.zero_grad(set_to_none=True)
                n += 1
                log(total)
                total = 0.0
                if n == steps:
                    return
