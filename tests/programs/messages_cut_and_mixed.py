"""Healthy: word dropout, mixup of embeddings and smoothed labels; the training loss stays far above that of validation.

Source: https://github.com/Bjarten/early-stopping-pytorch/issues/18 ("It's actually not an error to see lower validation
loss compared to training loss"); https://github.com/ultralytics/yolov5/issues/1879 ("Augmentation."; rebuilt).
Why it looks ill: the training loss cannot come near 0, for its targets are mixed.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_i import tickets

FAMILY = "ticket-cnn"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "slow", "oscillating", "high-flat")


class TextCNN(nn.Module):
    def __init__(self, words=64, width=32, kinds=4):
        super().__init__()
        self.words = nn.Embedding(words, width, padding_idx=0)
        self.convs = nn.ModuleList(nn.Conv1d(width, 24, k, padding=k // 2) for k in (1, 3, 5))
        self.out = nn.Linear(72, kinds)

    def embed(self, ids):
        return self.words(ids).transpose(1, 2)

    def forward(self, e):
        return self.out(torch.cat([conv(e).relu().amax(2) for conv in self.convs], 1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = TextCNN()
    return dict(model=model, optimizer=torch.optim.AdamW(model.parameters(), lr=2e-3), loss_fn=F.cross_entropy,
                train=tickets(1500, seed), val=tickets(400, seed + 500), fixed=fixed)  # fmt: skip


def mixed(model, ids, y, alpha=0.4):
    """Embeddings and targets of each message with those of another one."""
    ids = torch.where(torch.rand(ids.shape) < 0.1, 0, ids)
    share = torch.distributions.Beta(alpha, alpha).sample().item()
    other = torch.randperm(len(y))
    e = model.embed(ids)
    target = 0.9 * F.one_hot(y, 4).float() + 0.025
    return share * e + (1 - share) * e[other], share * target + (1 - share) * target[other]


def train(setup, log, steps=None):
    model, (ids, y), n = setup["model"], setup["train"], 0
    for _epoch in range(8):
        for rows in torch.randperm(len(y)).split(50):
            e, target = mixed(model, ids[rows], y[rows])
            loss = setup["loss_fn"](model(e), target)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            n += 1
            log(loss.item(), **({"val_loss": error(setup)} if n % 20 == 0 else {}))
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    ids, y = setup["val"]
    return F.cross_entropy(setup["model"](setup["model"].embed(ids)), y).item()
