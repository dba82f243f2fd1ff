"""Bug: the head of a small GPT shares its weights with the embedding, which is left as nn.Embedding draws it.

Source: https://github.com/huggingface/transformers/pull/26441 (a head whose weights have variance 1 begins with a loss
of about 110; rebuilt). Why it hurts: the scores are as wide as the root of the number of channels, so the net
begins sure and wrong, and needs the whole budget to come down to where others begin.
"""

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from programs.data_b import novel

FAMILY = "tied-gpt"
ACCEPT = ("bad-init-scale",)
SYMPTOMS = ("slow", "healthy", "plateau")


class Block(nn.Module):
    def __init__(self, dim, heads=2):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.qkv, self.out, self.heads = nn.Linear(dim, 3 * dim, bias=False), nn.Linear(dim, dim, bias=False), heads
        self.mlp = nn.Sequential(nn.Linear(dim, 2 * dim), nn.GELU(), nn.Linear(2 * dim, dim))

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(b, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(y.transpose(1, 2).reshape(b, t, d))
        return x + self.mlp(self.norm2(x))


class Gpt(nn.Module):
    def __init__(self, vocab, dim=48, context=20, std=None):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(vocab, dim), nn.Embedding(context, dim)
        self.blocks = nn.Sequential(Block(dim))
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, vocab, bias=False)
        if std is not None:
            nn.init.normal_(self.wte.weight, std=std)
            nn.init.normal_(self.wpe.weight, std=std)
        self.head.weight = self.wte.weight

    def forward(self, ids):
        x = self.wte(ids) + self.wpe.weight[: ids.shape[1]]
        return self.head(self.norm(self.blocks(x)))


def token_loss(logits, targets):
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten())


def build(seed, fixed=False):
    torch.manual_seed(seed)
    codes, letters = novel(2500, seed)
    rows = codes.unfold(0, 21, 14)[:900]
    train = DataLoader(TensorDataset(rows[:, :-1], rows[:, 1:]), batch_size=10, shuffle=True)
    model = Gpt(len(letters), std=0.02 if fixed else None)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, betas=(0.9, 0.95), weight_decay=0.1)
    return dict(model=model, optimizer=optimizer, loss_fn=token_loss, train=train, val=None, fixed=fixed)


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    for n, (ids, following) in enumerate(setup["train"], 1):
        loss = setup["loss_fn"](model(ids), following)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        log(loss.item())
        if n == steps:
            return
