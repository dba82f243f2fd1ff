"""Healthy: a ViT whose branches are scaled by 1e-4 at first (LayerScale) and are left out by chance (DropPath).

Source: https://arxiv.org/abs/2103.17239 (LayerScale; no thread). The first gradients inside the branches are tiny, some
branches get none in a step, the class token begins at zero; it trains well all the same.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import fabrics

FAMILY = "layerscale-vit"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class Branch(nn.Module):
    def __init__(self, dim, inner, drop):
        super().__init__()
        self.norm, self.inner, self.drop = nn.LayerNorm(dim), inner, drop
        self.gamma = nn.Parameter(1e-4 * torch.ones(dim))

    def forward(self, x):
        y = self.gamma * self.inner(self.norm(x))
        if self.training:
            y = y * (torch.rand(len(x), 1, 1) >= self.drop) / (1 - self.drop)
        return x + y


class Attention(nn.Module):
    def __init__(self, dim, heads=2):
        super().__init__()
        self.mha = nn.MultiheadAttention(dim, heads, batch_first=True)

    def forward(self, x):
        return self.mha(x, x, x, need_weights=False)[0]


class ViT(nn.Module):
    def __init__(self, dim=24, depth=2, classes=5):
        super().__init__()
        self.patch = nn.Conv2d(3, dim, 4, stride=4)
        self.token, self.place = nn.Parameter(torch.zeros(1, 1, dim)), nn.Parameter(0.02 * torch.randn(1, 17, dim))
        layers = []
        for i in range(depth):
            mlp = nn.Sequential(nn.Linear(dim, 2 * dim), nn.GELU(), nn.Linear(2 * dim, dim))
            layers += [Branch(dim, Attention(dim), 0.1 * i / depth), Branch(dim, mlp, 0.1 * i / depth)]
        self.layers, self.norm, self.head = nn.Sequential(*layers), nn.LayerNorm(dim), nn.Linear(dim, classes)

    def forward(self, x):
        x = self.patch(x).flatten(2).mT
        x = torch.cat([self.token.expand(len(x), -1, -1), x], 1) + self.place
        return self.head(self.norm(self.layers(x))[:, 0])


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, y = fabrics(640, seed)
    train = DataLoader(TensorDataset((x - 0.5) / 0.25, y), batch_size=32, shuffle=True)
    model = ViT()
    optimizer = torch.optim.AdamW(model.parameters(), lr=6e-3, weight_decay=0.02)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.CrossEntropyLoss(), train=train, val=None, fixed=fixed)


def train(setup, log, steps=None):
    model, n = setup["model"].train(), 0
    for _ in range(5):
        for x, y in setup["train"]:
            loss = setup["loss_fn"](model(x), y)
            setup["optimizer"].zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            setup["optimizer"].step()
            n += 1
            log(loss)
            if n == steps:
                return
