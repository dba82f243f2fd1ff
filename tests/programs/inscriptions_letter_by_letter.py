"""Bug: a small GPT is trained with AdamW at a rate of 0.1, the default of the script's old SGD.

Source: https://github.com/guillaumegenthial/sequence_tagging/issues/47 ("when I use lr = 0.001 in my model, there is
no problem; but lr = 0.01 or 0.1"; rebuilt with another model).
Why it hurts: each weight moves by a tenth a step; what is left are the frequencies of the letters, at best.
"""

from dataclasses import dataclass

import torch
import torch.nn as nn
from torch.nn import functional as F

from programs.data_r import inscriptions

FAMILY = "inscriptions-gpt"
ACCEPT = ("lr-too-high",)
SYMPTOMS = ("plateau", "high-flat", "oscillating", "slow")


@dataclass
class Config:
    vocab: int = 24
    block: int = 20
    width: int = 32
    heads: int = 4
    lr: float = 0.1
    steps: int = 280


class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.ln1, self.ln2 = nn.LayerNorm(c.width), nn.LayerNorm(c.width)
        self.qkv, self.proj, self.h = nn.Linear(c.width, 3 * c.width), nn.Linear(c.width, c.width), c.heads
        self.mlp = nn.Sequential(nn.Linear(c.width, 4 * c.width), nn.GELU(), nn.Linear(4 * c.width, c.width))

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = (p.view(b, t, self.h, -1).transpose(1, 2) for p in self.qkv(self.ln1(x)).split(d, dim=2))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.proj(y.transpose(1, 2).reshape(b, t, d))
        return x + self.mlp(self.ln2(x))


class GPT(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.tok, self.pos = nn.Embedding(c.vocab, c.width), nn.Embedding(c.block, c.width)
        self.blocks = nn.Sequential(Block(c), Block(c))
        self.ln, self.head = nn.LayerNorm(c.width), nn.Linear(c.width, c.vocab, bias=False)

    def forward(self, idx):
        x = self.tok(idx) + self.pos(torch.arange(idx.size(1)))
        return self.head(self.ln(self.blocks(x))).transpose(1, 2)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    config = Config(lr=6e-3) if fixed else Config()
    model = GPT(config)
    return dict(model=model, optimizer=torch.optim.AdamW(model.parameters(), lr=config.lr), config=config,
                loss_fn=F.cross_entropy, train=[inscriptions(20000, seed).unfold(0, config.block + 1, 7)],
                val=inscriptions(3000, seed + 500).unfold(0, config.block + 1, 21), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    (text,) = setup["train"]
    for _ in range(steps or setup["config"].steps):
        chunk = text[torch.randint(len(text), (20,))]
        loss = F.cross_entropy(setup["model"](chunk[:, :-1]), chunk[:, 1:])
        setup["optimizer"].zero_grad(set_to_none=True)
        loss.backward()
        setup["optimizer"].step()
        log(loss.item())


@torch.no_grad()
def error(setup):
    return F.cross_entropy(setup["model"](setup["val"][:, :-1]), setup["val"][:, 1:]).item()
