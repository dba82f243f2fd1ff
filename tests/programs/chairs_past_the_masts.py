"""Bug: AdamW at a rate of 0.05 for a small transformer encoder: the value of an older script with plain SGD.

Source: https://discuss.pytorch.org/t/cross-entropy-loss-is-not-decreasing/43814/16 ("Use a smaller learning rate in
the optimizer"; rebuilt).
Why it hurts: each step moves each weight by a twentieth; attention is saturated at once and all chairs look alike.
"""

from dataclasses import dataclass

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_t import chairs

FAMILY = "chairlift-transformer"
ACCEPT = ("lr-too-high",)
SYMPTOMS = ("high-flat", "oscillating", "plateau", "spiking", "diverging")


@dataclass
class Config:
    d_model: int = 24
    heads: int = 4
    layers: int = 2
    lr: float = 0.05
    weight_decay: float = 0.01
    batch_size: int = 32
    epochs: int = 6


class MastTransformer(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.proj = nn.Linear(3, cfg.d_model)
        self.pos = nn.Parameter(0.02 * torch.randn(1, 24, cfg.d_model))
        layer = nn.TransformerEncoderLayer(cfg.d_model, cfg.heads, 48, dropout=0.1, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, cfg.layers)
        self.head = nn.Linear(cfg.d_model, 4)

    def forward(self, x):
        return self.head(self.encoder(self.proj(x) + self.pos).mean(dim=1))


def build(seed, fixed=False):
    cfg = Config(lr=1e-3) if fixed else Config()
    torch.manual_seed(seed)
    model = MastTransformer(cfg)
    optimizer = torch.optim.AdamW(model.parameters(), lr=cfg.lr, weight_decay=cfg.weight_decay)
    loader = DataLoader(TensorDataset(*chairs(1024, seed)), batch_size=cfg.batch_size, shuffle=True)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.CrossEntropyLoss(), train=loader,
                val=chairs(256, seed + 500), cfg=cfg, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, step = setup["model"], setup["optimizer"], 0
    for _epoch in range(setup["cfg"].epochs):
        model.train()
        for shaking, pulley in setup["train"]:
            optimizer.zero_grad()
            loss = setup["loss_fn"](model(shaking), pulley)
            loss.backward()
            optimizer.step()
            step += 1
            log(loss.item())
            if step == steps:
                return


@torch.no_grad()
def error(setup):
    setup["model"].eval()
    x, y = setup["val"]
    return setup["loss_fn"](setup["model"](x), y).item()
