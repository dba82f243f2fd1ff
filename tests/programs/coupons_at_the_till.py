"""Healthy: whether a coupon will be used is mostly luck; the loss begins at 0.69 and ends only a little below.

Source: https://daniel-deychakiwsky.github.io/normalized-cross-entropy (a log loss means little without the entropy of
the base rate beside it).
Why it is right: the shares are drawn between a quarter and three quarters; no model could come much lower.
"""

import argparse

import torch
from torch import nn

from programs.data_s import coupons

FAMILY = "coupons-response"
ACCEPT = ()
SYMPTOMS = ("healthy", "high-flat", "plateau")


def get_args(argv):
    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--batch-size", type=int, default=100)
    parser.add_argument("--weight-decay", type=float, default=0.02)
    parser.add_argument("--epochs", type=int, default=5)
    return parser.parse_args(argv)


class ResponseModel(nn.Module):
    def __init__(self, columns=6, hidden=16):
        super().__init__()
        self.hidden = nn.Linear(columns, hidden)
        self.logit = nn.Linear(hidden, 1)

    def forward(self, x):
        return self.logit(torch.relu(self.hidden(x))).squeeze(-1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    args, model = get_args([]), ResponseModel()
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr, weight_decay=args.weight_decay)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.BCEWithLogitsLoss(), args=args,
                train=coupons(10000, seed), val=coupons(4000, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    args, model, optimizer = setup["args"], setup["model"], setup["optimizer"]
    x, used = setup["train"]
    step = 0
    for _epoch in range(args.epochs):
        for rows in torch.randperm(len(x)).split(args.batch_size):
            optimizer.zero_grad()
            loss = setup["loss_fn"](model(x[rows]), used[rows])
            loss.backward()
            optimizer.step()
            step += 1
            log(loss.item(), **({"val_loss": error(setup)} if step % len(x[:: args.batch_size]) == 0 else {}))
            if step == steps:
                return


@torch.no_grad()
def error(setup):
    x, used = setup["val"]
    return setup["loss_fn"](setup["model"](x), used).item()
