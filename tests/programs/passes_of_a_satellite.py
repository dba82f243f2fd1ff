"""Bug: the telemetry is (pass, step, channel), and MultiheadAttention is not told that the batch comes first.

Source: https://github.com/aipixel/AEMatter/issues/3 (prepared "in `batch_first` manner", the module "always initialized
in `batch_first=False` mode [...] there is indeed a bug"; rebuilt).
Why it hurts: a step attends to the same step of other passes, and never sees the rest of its own.
"""

import torch
from torch import nn

from programs.data_s import passes

FAMILY = "satellites-passes"
ACCEPT = ("batch-mixing",)
SYMPTOMS = ("plateau", "high-flat")


class Block(nn.Module):
    def __init__(self, dim, heads, **attention_options):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.attention = nn.MultiheadAttention(dim, heads, **attention_options)
        self.mlp = nn.Sequential(nn.Linear(dim, 2 * dim), nn.GELU(), nn.Linear(2 * dim, dim))

    def forward(self, x):
        h = self.norm1(x)
        x = x + self.attention(h, h, h, need_weights=False)[0]
        return x + self.mlp(self.norm2(x))


class TelemetryTagger(nn.Module):
    def __init__(self, dim=24, heads=2, depth=2, **attention_options):
        super().__init__()
        self.embed = nn.Linear(3, dim)
        self.position = nn.Parameter(0.02 * torch.randn(16, dim))
        self.blocks = nn.ModuleList([Block(dim, heads, **attention_options) for _ in range(depth)])
        self.out = nn.Linear(dim, 1)

    def forward(self, x):
        x = self.embed(x) + self.position
        for block in self.blocks:
            x = block(x)
        return self.out(x).squeeze(-1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    options = dict(batch_first=True) if fixed else {}
    tagger = TelemetryTagger(**options)
    batches = list(zip(*(part.split(32) for part in passes(2560, seed)), strict=True))
    return dict(model=tagger, optimizer=torch.optim.AdamW(tagger.parameters(), lr=3e-3, weight_decay=0.01),
                loss_fn=nn.BCEWithLogitsLoss(), train=batches, val=passes(320, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, loss_fn = setup["model"], setup["optimizer"], setup["loss_fn"]
    done = 0
    for _epoch in range(3):
        for number in torch.randperm(len(setup["train"])).tolist():
            x, y = setup["train"][number]
            loss = loss_fn(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            done += 1
            log(loss.item())
            if done == steps:
                return


@torch.no_grad()
def error(setup):
    parts = [part.split(32) for part in setup["val"]]
    return sum(setup["loss_fn"](setup["model"](x), y).item() for x, y in zip(*parts, strict=True)) / len(parts[0])
