"""Bug: a transformer with the norms after the residuals gets its full learning rate from the first step.

Source: https://github.com/LiyuanLucasLiu/Transformer-Clinic/issues/16 (a post-LN transformer without warm-up does not
seem to converge; rebuilt).
Why it hurts: the gradients of the last layers are largest at the start, and Adam knows nothing of their size yet; the
attention is spoilt in the first steps, and the loss stays at what a count of the letters gives.
"""

import torch
from torch import nn
from torch.nn import functional as F
from torch.optim.lr_scheduler import LambdaLR

from programs.data_b import novel

FAMILY = "novel-transformer"
ACCEPT = ("no-warmup", "lr-too-high")
SYMPTOMS = ("plateau", "high-flat")
CONTEXT = 24


class PostNormLM(nn.Module):
    def __init__(self, vocab, d=32, layers=8):
        super().__init__()
        self.token, self.place = nn.Embedding(vocab, d), nn.Parameter(0.1 * torch.randn(CONTEXT, d))
        layer = nn.TransformerEncoderLayer(d, 4, 64, dropout=0.0, batch_first=True)
        self.blocks = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.head = nn.Linear(d, vocab)
        self.register_buffer("mask", nn.Transformer.generate_square_subsequent_mask(CONTEXT))

    def forward(self, ids):
        return self.head(self.blocks(self.token(ids) + self.place, mask=self.mask, is_causal=True))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    codes, letters = novel(2000, seed)
    model = PostNormLM(len(letters))
    optimizer = torch.optim.Adam(model.parameters(), lr=1.4e-2, betas=(0.9, 0.98))
    warmup = 80 if fixed else 1
    schedule = LambdaLR(optimizer, lambda step: min(1.0, (step + 1) / warmup))
    return dict(model=model, optimizer=optimizer, schedule=schedule, loss_fn=None, criterion=F.cross_entropy,
                train=None, codes=codes, val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, codes = setup["model"], setup["optimizer"], setup["codes"]
    for _step in range(steps or 160):
        starts = torch.randint(len(codes) - CONTEXT - 1, (8,)).tolist()
        rows = torch.stack([codes[i : i + CONTEXT + 1] for i in starts])
        loss = setup["criterion"](model(rows[:, :-1]).transpose(1, 2), rows[:, 1:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        setup["schedule"].step()
        log(loss.item())
