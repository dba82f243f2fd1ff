"""Bug: the net gives (N, 1), the orders are (N,), and the squared difference is written by hand.

Source: a thread kept in https://huggingface.co/datasets/nvidia/Nemotron-CC-Math-v1 ("out was a (4, 1) vector, while y
was a (4,) vector. This discrepancy caused the subtraction out - y to produce a (4, 4) vector"; rebuilt).
Why it hurts: each answer is compared with every order of the batch, and the best answer to all is the mean.
"""

from dataclasses import dataclass

import torch
import torch.nn as nn

from programs.data_s import pharmacy_orders

FAMILY = "pharmacies-orders"
ACCEPT = ("broadcast-loss",)
SYMPTOMS = ("high-flat", "plateau")


@dataclass
class Config:
    lr: float = 4e-3
    epochs: int = 8
    batch_size: int = 40
    hidden: int = 48
    squeeze: bool = False


class OrderNet(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.product = nn.Embedding(40, 6)
        self.layers = nn.Sequential(
            nn.Linear(11, cfg.hidden), nn.SiLU(), nn.Linear(cfg.hidden, cfg.hidden), nn.SiLU(), nn.Linear(cfg.hidden, 1)
        )
        self.squeeze = cfg.squeeze

    def forward(self, product, week):
        y_hat = self.layers(torch.cat([self.product(product), week], 1))
        return y_hat.squeeze(1) if self.squeeze else y_hat


def mse(y_hat, y):
    return ((y_hat - y) ** 2).mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    cfg = Config(squeeze=fixed)
    net = OrderNet(cfg)
    return dict(model=net, optimizer=torch.optim.RMSprop(net.parameters(), lr=cfg.lr / 2), loss_fn=mse, cfg=cfg,
                train=pharmacy_orders(2000, seed), val=pharmacy_orders(400, seed + 500), fixed=fixed)  # fmt: skip


def batches(data, size):
    for i in torch.randperm(len(data[0])).split(size):
        yield tuple(column[i] for column in data)


def train(setup, log, steps=None):
    cfg, net, optimizer = setup["cfg"], setup["model"], setup["optimizer"]
    n = 0
    for _epoch in range(cfg.epochs):
        for product, week, boxes in batches(setup["train"], cfg.batch_size):
            optimizer.zero_grad()
            loss = setup["loss_fn"](net(product, week), boxes)
            loss.backward()
            optimizer.step()
            log(loss.detach())
            n += 1
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    product, week, boxes = setup["val"]
    return (setup["model"](product, week).flatten() - boxes).square().mean().item()
