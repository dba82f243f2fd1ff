"""Bug: a small transformer is trained with AdamW at a rate of 0.1.

Source: https://discuss.pytorch.org/t/cross-entropy-loss-is-not-decreasing/43814/16 ("Use a smaller learning rate");
https://github.com/yhenon/pytorch-retinanet/issues/41 ("low down the lr would solve it"; rebuilt).
Why it hurts: the first steps drive the attention and the norms where all rows look alike; the loss stays near 0.693.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_f import orders

FAMILY = "orders-transformer"
ACCEPT = ("lr-too-high",)
SYMPTOMS = ("high-flat", "oscillating", "plateau", "spiking")


class OrderEncoder(nn.Module):
    def __init__(self, goods=12, width=32, length=10):
        super().__init__()
        self.goods, self.place = nn.Embedding(goods, width), nn.Parameter(0.02 * torch.randn(length, width))
        layer = nn.TransformerEncoderLayer(width, 4, 64, dropout=0.0, batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(width, 1)

    def forward(self, x):
        return self.head(self.encoder(self.goods(x) + self.place)[:, -1]).squeeze(-1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = OrderEncoder()
    decayed = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim < 2]
    groups = [{"params": decayed, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=2e-3 if fixed else 0.1)
    loader = DataLoader(TensorDataset(*orders(2560, seed)), batch_size=64, shuffle=True)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.BCEWithLogitsLoss(), train=loader, val=None,
                test=orders(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(6):
        model.train()
        for rows, again in setup["train"]:
            logits = model(rows)
            loss = setup["loss_fn"](logits, again)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    rows, again = setup["test"]
    return ((setup["model"].eval()(rows) > 0).float() != again).float().mean().item()
