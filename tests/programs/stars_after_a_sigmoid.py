"""Bug: a recommender for likes ends in a sigmoid; now it is given stars from 1 to 5, and the sigmoid has stayed.

Source: https://github.com/recommenders-team/recommenders/issues/796 ("the output goes through a sigmoid, so the results
are between 0 and 1; the ratings are in the range 1 to 5"; rebuilt). Why it hurts: no answer can be above one star.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_b import ratings

FAMILY = "film-stars"
ACCEPT = ("output-activation-mismatch",)
SYMPTOMS = ("high-flat", "plateau")


class NeuMF(nn.Module):
    def __init__(self, users, items, size=16, stars=None):
        super().__init__()
        self.user, self.item = nn.Embedding(users, size), nn.Embedding(items, size)
        nn.init.normal_(self.user.weight, std=0.1)
        nn.init.normal_(self.item.weight, std=0.1)
        self.mlp = nn.Sequential(nn.Linear(2 * size, 32), nn.ReLU(), nn.Linear(32, 8), nn.ReLU())
        self.predict = nn.Linear(size + 8, 1)
        self.stars = stars

    def forward(self, user, item):
        u, i = self.user(user), self.item(item)
        both = torch.cat([u * i, self.mlp(torch.cat([u, i], dim=-1))], dim=-1)
        score = torch.sigmoid(self.predict(both)).squeeze(-1)
        return self.stars[0] + (self.stars[1] - self.stars[0]) * score if self.stars else score


def build(seed, fixed=False):
    torch.manual_seed(seed)
    user, item, stars = ratings(6400, seed)
    model = NeuMF(120, 80, stars=(0.0, 7.0) if fixed else None)
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    train = DataLoader(TensorDataset(user, item, stars), batch_size=128, shuffle=True)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.MSELoss(), train=train, val=None, fixed=fixed)


def train(setup, log, steps=None):
    model, optimizer, loss_fn = setup["model"], setup["optimizer"], setup["loss_fn"]
    n = 0
    for _ in range(3):
        total = 0.0
        for user, item, stars in setup["train"]:
            model.zero_grad()
            prediction = model(user, item)
            loss = loss_fn(prediction, stars)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(stars)
            n += 1
            log(loss)
            if n == steps:
                return
