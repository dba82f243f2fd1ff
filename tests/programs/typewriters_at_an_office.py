"""Bug: the blocks of a small language model are kept in a Python list; the optimizer never gets their weights.

Source: https://github.com/pytorch/pytorch/issues/666 ("`nn.Module` does not look for parameters inside lists";
rebuilt).
Why it hurts: only the embedding, the last norm and the head learn; attention and feed-forward stay as they were drawn.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F

from programs.data_u import strokes

FAMILY = "typewriter-transformer"
ACCEPT = ("unregistered-layers", "parameters-not-optimized")
SYMPTOMS = ("plateau", "slow")


class Block(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.ln1, self.ln2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.qkv, self.proj = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.mlp = nn.Sequential(nn.Linear(dim, 3 * dim), nn.GELU(), nn.Linear(3 * dim, dim))

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = self.qkv(self.ln1(x)).view(b, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.proj(y.transpose(1, 2).reshape(b, t, d))
        return x + self.mlp(self.ln2(x))


class CharLM(nn.Module):
    def __init__(self, fixed, vocab=18, dim=32, heads=4, depth=2, context=24):
        super().__init__()
        self.tok, self.pos = nn.Embedding(vocab, dim), nn.Embedding(context, dim)
        blocks = [Block(dim, heads) for _ in range(depth)]
        self.blocks = nn.ModuleList(blocks) if fixed else blocks
        self.ln_f, self.head = nn.LayerNorm(dim), nn.Linear(dim, vocab)

    def forward(self, idx):
        x = self.tok(idx) + self.pos(torch.arange(idx.shape[1]))
        for block in self.blocks:
            x = block(x)
        return self.head(self.ln_f(x))


def lm_loss(logits, targets):
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten())


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = CharLM(fixed)
    opt = torch.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=0.01)
    return dict(model=model, optimizer=opt, loss_fn=lm_loss, train=list(strokes(1500, seed).split(25)), val=None,
                held_out=strokes(200, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, opt, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(5):
        for k in torch.randperm(len(setup["train"])).tolist():
            text = setup["train"][k]
            loss = lm_loss(model(text[:, :-1]), text[:, 1:])
            opt.zero_grad(set_to_none=True)
            loss.backward()
            opt.step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    text = setup["held_out"]
    return lm_loss(setup["model"](text[:, :-1]), text[:, 1:]).item()
