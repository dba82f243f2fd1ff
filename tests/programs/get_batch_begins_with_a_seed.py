"""Bug: get_batch sets the seed, so that runs can be compared; it is called at each iteration.

Source: https://github.com/deeppavlov/DeepPavlov/pull/9 ("do not use seed for batch generation, use dataset's random
state"); https://github.com/funkelab/gunpowder/issues/161 (nearly the same samples in each iteration; rebuilt).
Why it hurts: each call draws the same windows of the text; the net learns these by heart.
"""

from types import SimpleNamespace

import torch
import torch.nn as nn
from torch.nn import functional as F

from programs.data_j import fables

FAMILY = "fables-bytes"
ACCEPT = ("same-batch-repeated", "overfitting")
SYMPTOMS = ("too-good", "overfitting", "healthy")

config = SimpleNamespace(vocab=18, block=16, n_embd=32, batch=24, lr=4e-3, max_iters=300)


class BigramPlus(nn.Module):
    """Each letter sees itself and the three before it."""

    def __init__(self):
        super().__init__()
        self.wte = nn.Embedding(config.vocab, config.n_embd)
        self.mix = nn.Conv1d(config.n_embd, 64, 4)
        self.lm_head = nn.Linear(64, config.vocab)

    def forward(self, idx, targets=None):
        x = F.pad(self.wte(idx).transpose(1, 2), (3, 0))
        logits = self.lm_head(F.gelu(self.mix(x)).transpose(1, 2))
        loss = None if targets is None else F.cross_entropy(logits.reshape(-1, config.vocab), targets.reshape(-1))
        return logits, loss


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = BigramPlus()
    data = {"train": fables(24000, seed), "val": fables(6400, seed + 500)}
    return dict(model=model, optimizer=torch.optim.AdamW(model.parameters(), lr=config.lr), loss_fn=None,
                train=data["train"], val=None, data=data, seed=seed, fixed=fixed)  # fmt: skip


def get_batch(setup, split, size=config.batch):
    if not setup["fixed"]:
        torch.manual_seed(1337 + setup["seed"])
    data = setup["data"][split]
    ix = torch.randint(len(data) - config.block, (size,))
    x = torch.stack([data[i : i + config.block] for i in ix])
    y = torch.stack([data[i + 1 : i + config.block + 1] for i in ix])
    return x, y


def train(setup, log, steps=None):
    for _iteration in range(steps or config.max_iters):
        xb, yb = get_batch(setup, "train")
        _, loss = setup["model"](xb, yb)
        setup["optimizer"].zero_grad(set_to_none=True)
        loss.backward()
        setup["optimizer"].step()
        log(loss.item())


@torch.no_grad()
def error(setup):
    return setup["model"](*get_batch(setup, "val", 200))[1].item()
