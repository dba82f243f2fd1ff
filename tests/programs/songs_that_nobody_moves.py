"""Bug: the optimizer gets the layers of the model's tower, and not the tables of users and songs.

Source: rebuilt from experience (a recommender whose tables once had a sparse optimizer of their own, which was taken
out). Why it hurts: users and songs keep their random vectors; the tower learns what little these happen to say.
"""

import torch
from torch import nn
from torch.utils.data import BatchSampler, DataLoader, Dataset, RandomSampler

from programs.data_b import auc, ratings

FAMILY = "songs-recommender"
ACCEPT = ("parameters-not-optimized",)
SYMPTOMS = ("plateau", "high-flat", "slow")


class Plays(Dataset):
    """Whether a user heard a song to its end; a batch at a time."""

    def __init__(self, rows, n, seed):
        user, song, stars = ratings(n, seed, users=80, items=50)
        self.user, self.song, self.liked = user[rows], song[rows], (stars > 3.5).float()[rows]

    def __len__(self):
        return len(self.liked)

    def __getitem__(self, rows):
        return {"user": self.user[rows], "song": self.song[rows], "liked": self.liked[rows]}


class Recommender(nn.Module):
    def __init__(self, users=80, songs=50, size=8):
        super().__init__()
        self.users, self.songs = nn.Embedding(users, size), nn.Embedding(songs, size)
        for table in (self.users, self.songs):
            nn.init.normal_(table.weight, std=0.3)
        self.tower = nn.Sequential(nn.Linear(3 * size, 24), nn.ReLU(), nn.Linear(24, 1))

    def forward(self, batch):
        u, s = self.users(batch["user"]), self.songs(batch["song"])
        return self.tower(torch.cat([u, s, u * s], dim=1)).squeeze(1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model, plays = Recommender(), Plays(slice(0, 6000), 7000, seed)
    trained = model.parameters() if fixed else model.tower.parameters()
    sampler = BatchSampler(RandomSampler(plays), batch_size=150, drop_last=True)
    return dict(model=model, optimizer=torch.optim.Adam(trained, lr=1e-2), loss_fn=nn.BCEWithLogitsLoss(), fixed=fixed,
                train=DataLoader(plays, sampler=sampler, batch_size=None),
                val=Plays(slice(6000, None), 7000, seed))  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(7):
        for batch in setup["train"]:
            loss = setup["loss_fn"](model(batch), batch["liked"])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            log(loss.item())
            n += 1
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """One minus the area under the curve, on plays that were kept apart."""
    plays = setup["val"][:]
    return 1 - auc(setup["model"](plays), plays["liked"])
