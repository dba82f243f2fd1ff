"""Healthy: a small decoder learns lines of subtitles word by word; two micro-batches a step, warm-up and cosine.

Source: https://github.com/huggingface/accelerate/issues/1299 (where zero_grad belongs when gradients are accumulated:
here once, after the step); the task is of our own.
Why it is right: the mask is causal, the targets are the next words, each micro-batch counts half.
"""

import math

import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR

from programs.data_s import subtitle_lines

FAMILY = "subtitles-decoder"
ACCEPT = ()
SYMPTOMS = ("healthy",)

VOCAB, DIM, HEADS, CONTEXT, ACCUMULATE, TOTAL, WARMUP = 40, 32, 4, 13, 2, 240, 20


class DecoderLayer(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln1, self.ln2, self.proj = nn.LayerNorm(DIM), nn.LayerNorm(DIM), nn.Linear(DIM, DIM)
        self.qkv = nn.Linear(DIM, 3 * DIM)
        self.ff = nn.Sequential(nn.Linear(DIM, 4 * DIM), nn.GELU(), nn.Linear(4 * DIM, DIM))

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = self.qkv(self.ln1(x)).view(b, t, 3, HEADS, -1).permute(2, 0, 3, 1, 4)
        a = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2)
        x = x + self.proj(a.reshape(b, t, d))
        return x + self.ff(self.ln2(x))


class SubtitleLM(nn.Module):
    def __init__(self):
        super().__init__()
        self.word, self.place = nn.Embedding(VOCAB, DIM), nn.Embedding(CONTEXT, DIM)
        self.layers = nn.Sequential(DecoderLayer(), nn.LayerNorm(DIM), nn.Linear(DIM, VOCAB))

    def forward(self, ids):
        return self.layers(self.word(ids) + self.place.weight[: ids.shape[1]])


def next_word_loss(model, lines):
    return nn.functional.cross_entropy(model(lines[:, :-1]).reshape(-1, VOCAB), lines[:, 1:].reshape(-1))


def rate_at(step):
    return min((step + 1) / WARMUP, 0.55 + 0.45 * math.cos(math.pi * min(step / TOTAL, 1)))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = SubtitleLM()
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3, betas=(0.9, 0.95), weight_decay=0.1)
    return dict(model=model, optimizer=optimizer, schedule=LambdaLR(optimizer, rate_at), loss_fn=None,
                train=subtitle_lines(3000, seed), val=subtitle_lines(300, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, lines = setup["model"], setup["optimizer"], setup["train"]
    for step in range(1, (steps or TOTAL) + 1):
        loss = 0.0
        for micro in lines[torch.randint(len(lines), (ACCUMULATE, 24))]:
            part = next_word_loss(model, micro) / ACCUMULATE
            part.backward()
            loss += part.item()
        optimizer.step()
        setup["schedule"].step()
        optimizer.zero_grad(set_to_none=True)
        log(loss, **({"val_loss": error(setup)} if step % 100 == 0 else {}))


@torch.no_grad()
def error(setup):
    return next_word_loss(setup["model"], setup["val"]).item()
