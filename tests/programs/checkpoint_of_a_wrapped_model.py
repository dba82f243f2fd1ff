"""Bug: a checkpoint saved from a wrapped model is loaded with strict=False; all of its names begin with "module.".

Source: https://github.com/pytorch/examples/issues/1029 (strict=False hides a prefix; the output is nonsense) and
https://github.com/XuJiacong/PIDNet/issues/30 (rebuilt).
Why it hurts: not one tensor is loaded; the fine-tuning starts from random numbers, on too few steps for that.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_b import novel

FAMILY = "novel-finetune"
ACCEPT = ("weights-not-loaded",)
SYMPTOMS = ("slow", "plateau", "healthy")


class LetterModel(nn.Module):
    def __init__(self, vocab, width=64):
        super().__init__()
        self.embedding = nn.Embedding(vocab, 16)
        self.gru = nn.GRU(16, width, batch_first=True)
        self.head = nn.Linear(width, vocab)

    def forward(self, ids):
        return self.head(self.gru(self.embedding(ids))[0])


def chunks(codes, width=33, size=8):
    rows = codes[: len(codes) // width * width].view(-1, width)
    return [(part[:, :-1], part[:, 1:]) for part in rows.split(size)]


def pretrained_checkpoint(codes, vocab):
    """Stands for a file: a model that was trained in a DataParallel wrapper."""
    model = LetterModel(vocab)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for x, y in chunks(codes, size=12) * 2:
        optimizer.zero_grad()
        F.cross_entropy(model(x).flatten(0, 1), y.flatten()).backward()
        optimizer.step()
    return {"state_dict": {f"module.{name}": value for name, value in model.state_dict().items()}}


def build(seed, fixed=False):
    torch.manual_seed(seed)
    codes, letters = novel(3600, seed)
    state = pretrained_checkpoint(codes[:14000], len(letters))["state_dict"]
    model = LetterModel(len(letters))
    if fixed:
        state = {name.removeprefix("module."): value for name, value in state.items()}
    model.load_state_dict(state, strict=False)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    return dict(model=model, optimizer=optimizer, loss_fn=None, criterion=nn.CrossEntropyLoss(),
                train=chunks(codes[14000:]), val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(20):
        for x, y in setup["train"]:
            loss = setup["criterion"](model(x).flatten(0, 1), y.flatten())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == (steps or 120):
                return
