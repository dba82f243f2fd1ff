"""Bug: the rate of the configuration, 1e-5, is meant for fine-tuning a pretrained net, and this one begins anew.

Source: https://github.com/fizyr/keras-retinanet/pull/843 (1e-5 is good only for fine-tuning; rebuilt).
Why it hurts: nothing is wrong and nothing happens; the loss sinks by a few hundredths and would need weeks.
"""

import torch
from torch import nn

from programs.data_a import waves

FAMILY = "alloys-resnet"
ACCEPT = ("lr-too-low",)
SYMPTOMS = ("slow", "high-flat", "plateau")
CONFIG = {"optimizer": {"lr": 1e-5, "weight_decay": 0.01}, "width": 48, "blocks": 3, "batch": 64, "steps": 300}


class Residual(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.up, self.down = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)

    def forward(self, h):
        return h + self.down(nn.functional.silu(self.up(self.norm(h))))


def batches(x, y, size, seed):
    g = torch.Generator().manual_seed(seed)
    while True:
        for rows in torch.randperm(len(x), generator=g).split(size):
            yield {"alloy": x[rows], "hardness": y[rows]}


def build(seed, fixed=False):
    torch.manual_seed(seed)
    config = CONFIG | {"optimizer": CONFIG["optimizer"] | ({"lr": 2e-3} if fixed else {})}
    width = config["width"]
    blocks = [Residual(width) for _ in range(config["blocks"])]
    model = nn.Sequential(nn.Linear(6, width), *blocks, nn.LayerNorm(width), nn.Linear(width, 1), nn.Flatten(0))
    optimizer = torch.optim.AdamW(model.parameters(), **config["optimizer"])
    return dict(model=model, optimizer=optimizer, loss_fn=nn.HuberLoss(), config=config, seed=seed, fixed=fixed,
                train=None, rows=waves(1280, seed), val=waves(400, seed + 50))  # fmt: skip


def train(setup, log, steps=None):
    config, model, optimizer = setup["config"], setup["model"], setup["optimizer"]
    stream = batches(*setup["rows"], config["batch"], setup["seed"])

    def step(batch):
        optimizer.zero_grad(set_to_none=True)
        loss = setup["loss_fn"](model(batch["alloy"]), batch["hardness"])
        loss.backward()
        optimizer.step()
        return loss.detach()

    for _ in range(min(steps or config["steps"], config["steps"])):
        log(step(next(stream)))


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return (setup["model"](x) - y).square().mean() / y.var()
