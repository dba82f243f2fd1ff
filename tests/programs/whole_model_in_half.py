"""Bug: the whole model is turned into float16 with .half(), and Adam keeps its usual eps.

Source: https://github.com/afiaka87/glide-finetune/issues/5 and https://github.com/pytorch/pytorch/issues/8860 (NaN
after the first step, normal gradients; eps must be larger; rebuilt).
Why it hurts: 1e-8 is 0 in float16, and so is the square of a small gradient; Adam divides 0 by 0.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_b import padded, reviews

FAMILY = "reviews-half"
ACCEPT = ("low-precision", "adam-eps")
SYMPTOMS = ("non-finite",)


class TextNet(nn.Module):
    def __init__(self, vocab=62, dim=24, classes=3):
        super().__init__()
        self.embed = nn.EmbeddingBag(vocab, dim, mode="mean", padding_idx=0)
        self.layers = nn.Sequential(nn.Linear(dim, 32), nn.ReLU(), nn.Linear(32, classes))

    def forward(self, ids):
        return self.layers(self.embed(ids))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    texts, labels = reviews(1500, seed, classes=3)
    model = TextNet().half()
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3, eps=1e-4 if fixed else 1e-8)
    loader = DataLoader(TensorDataset(padded(texts, 24), labels), batch_size=30, shuffle=True)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.CrossEntropyLoss(), train=loader, val=None, fixed=fixed)


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(3):
        hits = 0
        for ids, labels in setup["train"]:
            optimizer.zero_grad()
            logits = model(ids)
            loss = setup["loss_fn"](logits.float(), labels)
            loss.backward()
            optimizer.step()
            hits += (logits.argmax(1) == labels).sum().item()
            n += 1
            log(loss.item())
            if n == steps:
                return
        setup["accuracy"] = hits / len(setup["train"].dataset)
