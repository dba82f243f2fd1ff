"""Healthy: a language model of one transformer layer, AdamW, the next word at each place.

Source: of our own, after the small GPTs. Why it is right: the mask is causal, the targets are the ids shifted by one;
what is left of the loss is the choice between two words which the island itself leaves open.
"""

import torch
import torch.nn.functional as F
from torch import nn

from programs.data_o import words

FAMILY = "proverbs-gpt"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau")


class Attention(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.qkv, self.proj, self.heads = nn.Linear(d, 3 * d), nn.Linear(d, d), heads

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = self.qkv(x).view(b, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.proj(y.transpose(1, 2).reshape(b, t, d))


class TinyGPT(nn.Module):
    def __init__(self, v=24, d=32, length=14):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(v, d), nn.Embedding(length, d)
        self.ln1, self.attn, self.ln2 = nn.LayerNorm(d), Attention(d, 4), nn.LayerNorm(d)
        self.mlp = nn.Sequential(nn.Linear(d, 64), nn.GELU(), nn.Linear(64, d))
        self.head = nn.Linear(d, v)

    def forward(self, idx, targets):
        x = self.wte(idx) + self.wpe(torch.arange(idx.shape[1]))
        x = x + self.attn(self.ln1(x))
        x = x + self.mlp(self.ln2(x))
        return F.cross_entropy(self.head(x).flatten(0, 1), targets.flatten())


def build(seed, fixed=False):
    torch.manual_seed(seed)
    gpt = TinyGPT()
    return dict(model=gpt, optimizer=torch.optim.AdamW(gpt.parameters(), lr=5e-3, betas=(0.9, 0.95)), loss_fn=None,
                train=words(3000, seed, 34), val=words(400, seed + 500, 34), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    for it in range(300):
        rows = setup["train"][torch.randint(3000, (40,))]
        loss = setup["model"](rows[:, :-1], rows[:, 1:])
        setup["optimizer"].zero_grad(set_to_none=True)
        loss.backward()
        setup["optimizer"].step()
        log(loss.item(), **({"val_loss": error(setup)} if it % 75 == 74 else {}))
        if it + 1 == steps:
            return


@torch.no_grad()
def error(setup):
    return setup["model"](setup["val"][:, :-1], setup["val"][:, 1:]).item()
