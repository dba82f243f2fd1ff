"""Bug: games without a rating are dropped from the inputs, but the results are the first ones of the whole file.

Source: https://github.com/cschlaffner/PROTzilla2/pull/416 ("the metadata still contained already filtered samples",
there an error for the lengths; rebuilt, with the lengths cut to fit).
Why it hurts: from the first dropped row on each game has the result of another, a few rows before it.
"""

import torch
from torch import nn

from programs.data_s import chess_games

FAMILY = "chess-evenings"
ACCEPT = ("labels-misaligned",)
SYMPTOMS = ("high-flat", "plateau", "overfitting", "oscillating")


def to_tensors(games):
    numbers = torch.tensor([[(g["white"] - 1600) / 220, (g["black"] - 1600) / 220] for g in games])
    minutes = torch.tensor([(5, 15, 90).index(g["minutes"]) for g in games])
    opening = torch.tensor([g["opening"] for g in games])
    return {"numbers": numbers, "minutes": nn.functional.one_hot(minutes, 3).float(), "opening": opening}


def read(games, keep_together):
    complete = [g for g in games if g["white"] is not None and g["black"] is not None]
    features = to_tensors(complete)
    results = [g["result"] for g in (complete if keep_together else games)]
    return features, torch.tensor(results[: len(complete)])


class ResultModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.opening = nn.Embedding(20, 4)
        self.mlp = nn.Sequential(nn.Linear(9, 32), nn.GELU(), nn.Linear(32, 32), nn.GELU(), nn.Linear(32, 3))

    def forward(self, games):
        return self.mlp(torch.cat([games["numbers"], games["minutes"], self.opening(games["opening"])], dim=-1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = ResultModel()
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3, weight_decay=1e-2)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.functional.cross_entropy,
                train=read(chess_games(2400, seed), keep_together=fixed), val=None,
                test=read(chess_games(500, seed + 500), keep_together=True), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    games, results = setup["train"]
    model, optimizer = setup["model"], setup["optimizer"]
    count = 0
    for _epoch in range(8):
        for idx in torch.randperm(len(results)).split(48):
            batch = {name: column[idx] for name, column in games.items()}
            optimizer.zero_grad()
            loss = setup["loss_fn"](model(batch), results[idx])
            loss.backward()
            optimizer.step()
            log(loss.item())
            count += 1
            if steps is not None and count >= steps:
                return


@torch.no_grad()
def error(setup):
    games, results = setup["test"]
    return (setup["model"](games).argmax(-1) != results).float().mean().item()
