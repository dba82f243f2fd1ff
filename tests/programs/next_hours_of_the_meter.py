"""Bug: each reading, one number, goes through LayerNorm(1) before it is embedded.

Source: https://github.com/pytorch/pytorch/issues/108956 ("nn.LayerNorm outputs zeros for single column batch": "The
mean of a 1 element tensor is the element itself, so you'd subtract the element from itself which is 0"; rebuilt).
Why it hurts: all that the transformer sees is zeros and positions; its answer is the same for all meters.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_m import meter_readings

FAMILY = "heat-meter"
ACCEPT = ("input-ignored",)
SYMPTOMS = ("high-flat", "plateau")


class Forecaster(nn.Module):
    def __init__(self, norm, length=24, d_model=24, heads=2):
        super().__init__()
        self.norm = norm
        self.project = nn.Linear(1, d_model)
        self.position = nn.Parameter(0.1 * torch.randn(1, length, d_model))
        self.block = nn.TransformerEncoderLayer(d_model, heads, 48, dropout=0.0, activation="gelu", batch_first=True)
        self.decoder = nn.Linear(length * d_model, 1)

    def forward(self, readings):
        x = self.project(self.norm(readings)) + self.position
        return self.decoder(self.block(x).flatten(1)).squeeze(-1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Forecaster(nn.Identity() if fixed else nn.LayerNorm(1))
    loader = DataLoader(TensorDataset(*meter_readings(1280, seed)), batch_size=32, shuffle=True)
    return dict(model=model, optimizer=torch.optim.AdamW(model.parameters(), lr=2e-3), loss_fn=nn.MSELoss(),
                train=loader, val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, criterion, loader = (setup[k] for k in ("model", "optimizer", "loss_fn", "train"))
    model.train()
    seen = 0
    for _epoch in range(6):
        for readings, following in loader:
            optimizer.zero_grad()
            loss = criterion(model(readings), following)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            seen += 1
            log(loss.item())
            if seen == steps:
                return
