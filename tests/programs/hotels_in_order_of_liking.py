"""Healthy: a net scores a hotel for a guest, and of two hotels the better liked one shall be ahead by a margin.

Source: https://www.codegenes.net/blog/bpr-loss-pytorch and the hinge loss beside it at
https://d2l.smola.org/slides/mxnet/chapter_recommender-systems/ranking.html; the task is of our own.
Why it is right: both hotels go through the same net; one hinge of the gap; held-out pairs are put in order as well.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_s import hotel_pairs

FAMILY = "hotels-order"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class Scorer(nn.Module):
    def __init__(self, guest_dim=4, hotel_dim=5, hidden=64):
        super().__init__()
        wide = guest_dim + hotel_dim
        self.net = nn.Sequential(
            nn.Linear(wide, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 1)
        )

    def forward(self, guest, hotel):
        return self.net(torch.cat([guest, hotel], dim=1)).squeeze(1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Scorer()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.02)
    return dict(model=model, optimizer=optimizer, ranking_loss=nn.MarginRankingLoss(margin=1.0), loss_fn=None,
                scheduler=torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=504),
                train=DataLoader(TensorDataset(*hotel_pairs(4000, seed)), batch_size=64, shuffle=True),
                val=hotel_pairs(500, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, scheduler = setup["model"], setup["optimizer"], setup["scheduler"]
    step = 0
    for _epoch in range(8):
        for guest, one, two, sign in setup["train"]:
            optimizer.zero_grad()
            loss = setup["ranking_loss"](model(guest, one), model(guest, two), sign)
            loss.backward()
            optimizer.step()
            scheduler.step()
            step += 1
            log(loss.item(), **({"metric": 1 - error(setup)} if step % 100 == 0 else {}))
            if step == steps:
                return


@torch.no_grad()
def error(setup):
    """The share of held-out pairs in the wrong order."""
    guest, one, two, sign = setup["val"]
    return (torch.sign(setup["model"](guest, one) - setup["model"](guest, two)) != sign).float().mean().item()
