"""Healthy: a little GPT; four parts of a batch are added up before each step, and the loss of each part is logged.

Source: https://docs.pytorch.org/docs/stable/notes/amp_examples.html (gradient accumulation; no thread).
Why it looks ill: most backward passes find gradients that are not cleared, and four logged losses belong to the same
weights; the text itself is random in part, so that the loss cannot come near 0.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_i import recipes

FAMILY = "recipes-gpt"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "slow", "oscillating")


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.ln1, self.ln2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.proj, self.heads = nn.Linear(width, 3 * width), nn.Linear(width, width), heads
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x):
        b, t, c = x.shape
        q, k, v = (part.view(b, t, self.heads, -1).transpose(1, 2) for part in self.qkv(self.ln1(x)).chunk(3, dim=2))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(b, t, c)
        x = x + self.proj(y)
        return x + self.mlp(self.ln2(x))


class GPT(nn.Module):
    def __init__(self, words=20, length=15, width=32, heads=4):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(words, width), nn.Embedding(length, width)
        self.blocks, self.ln = nn.Sequential(Block(width, heads), Block(width, heads)), nn.LayerNorm(width)
        self.lm_head = nn.Linear(width, words, bias=False)

    def forward(self, ids, targets):
        x = self.wte(ids) + self.wpe(torch.arange(ids.size(1)))
        logits = self.lm_head(self.ln(self.blocks(x)))
        return logits, F.cross_entropy(logits.flatten(0, 1), targets.flatten())


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = GPT()
    return dict(model=model, optimizer=torch.optim.AdamW(model.parameters(), lr=6e-3, betas=(0.9, 0.95)), loss_fn=None,
                train=recipes(4000, seed), val=None, test=recipes(300, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, lines = setup["model"], setup["train"]
    for micro in range(1, (480 if steps is None else steps) + 1):
        rows = lines[torch.randint(len(lines), (24,))]
        _, loss = model(rows[:, :-1], rows[:, 1:])
        (loss / 4).backward()
        if micro % 4 == 0:
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            setup["optimizer"].step()
            setup["optimizer"].zero_grad(set_to_none=True)
        log(loss.item())


@torch.no_grad()
def error(setup):
    lines = setup["test"]
    return setup["model"](lines[:, :-1], lines[:, 1:])[1].item()
