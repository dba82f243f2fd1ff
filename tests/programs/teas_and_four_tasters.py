"""Bug: the layers are made in a loop, each with its ReLU, the last one too; half of the marks lie below zero.

Source: https://community.deeplearning.ai/t/549422 ("No, do not use ReLU in the output layer"; rebuilt).
Why it hurts: the net cannot say less than 0, the mean mark, and where it says 0 nothing flows back.
"""

import itertools
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from programs.data_u import teas

FAMILY = "teas-regression"
ACCEPT = ("output-activation-mismatch", "dead-relu")
SYMPTOMS = ("plateau", "high-flat", "slow")


@dataclass
class Config:
    sizes: tuple[int, ...] = (8, 40, 40, 4)
    lr: float = 3e-3
    batch: int = 32
    epochs: int = 8


def make_mlp(sizes: tuple[int, ...], fixed: bool) -> nn.Sequential:
    layers: list[nn.Module] = []
    for fan_in, fan_out in itertools.pairwise(sizes):
        layers.append(nn.Linear(fan_in, fan_out))
        layers.append(nn.ReLU())
    if fixed:
        layers.pop()
    return nn.Sequential(*layers)


def mse(said: Tensor, marks: Tensor) -> Tensor:
    return (said - marks).square().mean()


def build(seed: int, fixed: bool = False) -> dict:
    torch.manual_seed(seed)
    config = Config()
    model = make_mlp(config.sizes, fixed)
    optimizer = torch.optim.Adam(model.parameters(), lr=config.lr)
    return {"model": model, "optimizer": optimizer, "loss_fn": mse, "train": teas(1600, seed),
            "val": teas(400, seed + 500), "config": config, "fixed": fixed}  # fmt: skip


@torch.no_grad()
def error(setup: dict) -> float:
    leaves, marks = setup["val"]
    return mse(setup["model"](leaves), marks).item()


def train(setup: dict, log, steps: int | None = None) -> None:
    model, optimizer, config = setup["model"], setup["optimizer"], setup["config"]
    leaves, marks = setup["train"]
    done = 0
    for _ in range(config.epochs):
        order = torch.randperm(len(leaves))
        for rows in order.split(config.batch):
            loss = mse(model(leaves[rows]), marks[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            done += 1
            log(loss.item(), **({"val_loss": error(setup)} if done % 50 == 0 else {}))
            if done == steps:
                return
