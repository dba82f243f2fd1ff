"""Bug: the training loop takes its batch with next(iter(loader)), and the loader does not shuffle.

Source: https://github.com/leohsuofnthu/Pytorch-IterativeFCN/issues/7 ("during the whole iteration there is only one
subject that is used in training") and https://github.com/udacity/deep-learning-v2-pytorch/pull/309 (rebuilt).
Why it hurts: each step builds a new iterator and takes its first element; the model learns one batch by heart.
"""

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from programs.data_b import searches

FAMILY = "searches-listwise"
ACCEPT = ("same-batch-repeated", "overfitting")
SYMPTOMS = ("too-good", "healthy", "plateau")


class Scorer(nn.Module):
    def __init__(self, features=12):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(features, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))

    def forward(self, documents):
        return self.net(documents).squeeze(-1)


def listnet(scores, grades):
    """Cross-entropy of the chance to stand first."""
    return -(F.softmax(2.0 * grades, dim=1) * F.log_softmax(scores, dim=1)).sum(1).mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, grades = searches(1000, seed)
    model = Scorer()
    return dict(
        model=model,
        optimizer=torch.optim.Adam(model.parameters(), lr=2e-3),
        loss_fn=listnet,
        train=DataLoader(TensorDataset(x[:800], grades[:800]), batch_size=10),
        val=None,
        held=(x[800:], grades[800:]),
        fixed=fixed,
    )


def train(setup, log, steps=None):
    model, optimizer, loader = setup["model"], setup["optimizer"], setup["train"]
    batches = iter([])
    for step in range(1, (steps or 300) + 1):
        if setup["fixed"]:
            documents, grades = next(batches, (None, None))
            if documents is None:
                batches = iter(loader)
                documents, grades = next(batches)
        else:
            documents, grades = next(iter(loader))
        loss = setup["loss_fn"](model(documents), grades)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        log(loss.item())
        if step % 100 == 0:
            setup["printed"] = f"{step}: {loss.item():.4f}"


@torch.no_grad()
def error(setup):
    """The loss on held-out searches."""
    documents, grades = setup["held"]
    return float(listnet(setup["model"](documents), grades))
