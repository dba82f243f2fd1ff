"""Bug: the field "logits" of the output holds probabilities; cross_entropy takes a softmax of them once more.

Source: https://github.com/bkitano/llama-from-scratch/issues/5 ("no need to softmax before cross_entropy");
https://github.com/Graylab/DL4Proteins-notebooks/issues/13 ("CrossEntropyLoss already applies log-softmax"; rebuilt).
Why it hurts: with four classes the loss cannot fall under 0.744, and its slopes are small.
"""

from types import SimpleNamespace

import torch
import torch.nn.functional as F
from torch import nn

from programs.data_m import surfaces

FAMILY = "surfaces-pointnet"
ACCEPT = ("softmax-before-cross-entropy",)
SYMPTOMS = ("plateau", "slow", "high-flat")


class PointNetForClassification(nn.Module):
    def __init__(self, num_labels, probabilities):
        super().__init__()
        self.shared = nn.Sequential(nn.Linear(3, 32), nn.ReLU(), nn.Linear(32, 64), nn.ReLU())
        self.classifier = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, num_labels))
        self.probabilities = probabilities

    def forward(self, points, labels=None):
        pooled = self.shared(points).amax(dim=1)
        logits = self.classifier(pooled)
        if self.probabilities:
            logits = F.softmax(logits, dim=-1)
        loss = None if labels is None else F.cross_entropy(logits, labels)
        return SimpleNamespace(loss=loss, logits=logits, pooled=pooled)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = PointNetForClassification(4, probabilities=not fixed)
    points, labels = surfaces(1280, seed)
    return dict(model=model, optimizer=torch.optim.SGD(model.parameters(), lr=0.03, momentum=0.9), loss_fn=None,
                train=(points, labels), val=None, test=surfaces(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    points, labels = setup["train"]
    for n in range(260):
        rows = torch.randint(len(points), (32,))
        out = model(points=points[rows], labels=labels[rows])
        out.loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        log(out.loss)
        if n + 1 == steps:
            return


@torch.no_grad()
def error(setup):
    points, labels = setup["test"]
    return (setup["model"](points).logits.argmax(1) != labels).float().mean().item()
