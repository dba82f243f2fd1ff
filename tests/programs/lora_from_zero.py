"""Healthy: low-rank adapters in a frozen, trained letter model; one of the two factors begins at zero, as it should.

Source: https://github.com/karpathy/llama2.c/pull/187 (lora_b is made of zeros; only what requires a gradient goes
into the optimizer; rebuilt). Must not be called parameters-not-optimized, symmetric-init or vanishing-gradients.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_b import WORDS, generator, novel

FAMILY = "novel-lora"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau")


class LoRA(nn.Module):
    def __init__(self, base, rank=4, alpha=8.0):
        super().__init__()
        self.base, self.scale = base.requires_grad_(False), alpha / rank
        self.lora_a = nn.Parameter(torch.empty(rank, base.in_features))
        self.lora_b = nn.Parameter(torch.zeros(base.out_features, rank))
        nn.init.kaiming_uniform_(self.lora_a, a=5**0.5)

    def forward(self, x):
        return self.base(x) + self.scale * F.linear(F.linear(x, self.lora_a), self.lora_b)


class NextLetter(nn.Module):
    """The next letter, out of the last eight."""

    def __init__(self, vocab, d=16, hidden=96):
        super().__init__()
        self.embed = nn.Embedding(vocab, d)
        self.fc1, self.fc2, self.head = nn.Linear(8 * d, hidden), nn.Linear(hidden, hidden), nn.Linear(hidden, vocab)

    def forward(self, ids):
        return self.head(torch.tanh(self.fc2(torch.tanh(self.fc1(self.embed(ids).flatten(1))))))


def fit(model, optimizer, codes, steps, log=None):
    rows = codes.unfold(0, 9, 1)
    for _ in range(steps):
        batch = rows[torch.randint(len(rows), (64,))]
        loss = F.cross_entropy(model(batch[:, :-1]), batch[:, -1])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if log:
            log(loss.item())


def build(seed, fixed=False):
    torch.manual_seed(seed)
    codes, letters = novel(2500, seed)
    model = NextLetter(len(letters))
    fit(model, torch.optim.Adam(model.parameters(), lr=5e-3), codes, 250)
    model.requires_grad_(False)
    model.fc1, model.fc2 = LoRA(model.fc1), LoRA(model.fc2)
    trained = [p for p in model.parameters() if p.requires_grad]
    order = torch.randint(len(WORDS), (1500,), generator=generator(seed)).tolist()
    other = torch.tensor([letters.index(c) for c in "".join(WORDS[i] + "." for i in order)])
    return dict(model=model, optimizer=torch.optim.AdamW(trained, lr=1e-2), loss_fn=None, train=None, codes=other,
                val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    fit(setup["model"], setup["optimizer"], setup["codes"], steps or 250, log)
