"""Bug: two payments in a hundred are a fraud; they are trained with plain binary cross entropy and a threshold of 0.5.

Source: https://github.com/appvision-ai/fast-bert/issues/52 ("the more I train the more it predicts zeros"; advice:
pos_weight); https://github.com/AndreaCodegoni/Tiny_model_4_CD/issues/16 (rebuilt).
Why it hurts: the loss is small when everything is called honest; most frauds are missed.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_i import payments

FAMILY = "payments-kaggle"
ACCEPT = ("class-imbalance",)
SYMPTOMS = ("plateau", "high-flat", "slow", "healthy", "overfitting", "too-good", "spiking")


def get_model(n_in):
    return nn.Sequential(nn.Linear(n_in, 32), nn.ReLU(), nn.Dropout(0.1), nn.Linear(32, 1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, y = payments(5000, seed)
    weight = (len(y) - y.sum()) / y.sum() if fixed else None
    model = get_model(x.shape[1])
    return dict(model=model, optimizer=torch.optim.AdamW(model.parameters(), lr=1e-3),
                loss_fn=nn.BCEWithLogitsLoss(pos_weight=weight), val=None,
                train=DataLoader(TensorDataset(x, y), 100, shuffle=True),
                test=payments(4000, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, done = setup["model"], setup["optimizer"], 0
    for _epoch in range(6):
        model.train()
        for features, fraud in setup["train"]:
            logits = model(features).view(-1)
            loss = setup["loss_fn"](logits, fraud)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            done += 1
            log(loss.item())
            if done == steps:
                return


@torch.no_grad()
def error(setup):
    """One minus the mean of the shares of frauds and of honest payments that were recognised."""
    features, fraud = setup["test"]
    said = (setup["model"].eval()(features)[:, 0] > 0).float()
    return 1 - 0.5 * (said[fraud == 1].mean() + 1 - said[fraud == 0].mean()).item()
