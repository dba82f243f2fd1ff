"""Healthy: a small GPT with a long warm-up, then a cosine; decay for matrices only, two groups.

Source: https://github.com/NVIDIA/Megatron-LM/issues/86 ("the loss converged slowly in the beginning": answered, the
rate grows from a small one; rebuilt). Must not be called lr-too-low, schedule-decays-too-early or vanishing-gradients
because of its flat beginning.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F
from torch.optim.lr_scheduler import LambdaLR

from programs.data_b import novel

FAMILY = "novel-gpt-groups"
ACCEPT = ()
SYMPTOMS = ("healthy",)
BLOCK, BATCH, WARMUP, TOTAL = 24, 12, 60, 220


class CausalLM(nn.Module):
    def __init__(self, vocab, d=48):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(vocab, d), nn.Parameter(0.02 * torch.randn(BLOCK, d))
        layer = nn.TransformerEncoderLayer(
            d, 4, 2 * d, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
        )
        self.blocks = nn.TransformerEncoder(layer, 2, norm=nn.LayerNorm(d), enable_nested_tensor=False)
        self.head = nn.Linear(d, vocab, bias=False)
        self.register_buffer("mask", nn.Transformer.generate_square_subsequent_mask(BLOCK))

    def forward(self, ids):
        return self.head(self.blocks(self.wte(ids) + self.wpe, mask=self.mask, is_causal=True))


def rate(step):
    if step < WARMUP:
        return (step + 1) / WARMUP
    return 0.1 + 0.45 * (1 + math.cos(math.pi * min(1.0, (step - WARMUP) / (TOTAL - WARMUP))))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    codes, letters = novel(2500, seed)
    model = CausalLM(len(letters))
    matrices = [p for p in model.parameters() if p.dim() >= 2]
    others = [p for p in model.parameters() if p.dim() < 2]
    groups = [{"params": matrices, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=6e-3, betas=(0.9, 0.95))
    return dict(model=model, optimizer=optimizer, schedule=LambdaLR(optimizer, rate), loss_fn=None,
                criterion=F.cross_entropy, train=None, rows=codes.unfold(0, BLOCK + 1, 1), val=None,
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, rows = setup["model"], setup["optimizer"], setup["rows"]
    for _iteration in range(steps or TOTAL):
        batch = rows[torch.randint(len(rows), (BATCH,))]
        x, y = batch[:, :-1], batch[:, 1:]
        loss = setup["criterion"](model(x).flatten(0, 1), y.flatten())
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        setup["schedule"].step()
        optimizer.zero_grad(set_to_none=True)
        log(loss.item())
