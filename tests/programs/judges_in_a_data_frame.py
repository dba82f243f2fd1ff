"""Bug: the target comes out of a data frame as (N,), the prediction is (N, 1), and a hand-made loss takes both.

Source: https://github.com/tracel-ai/burn/pull/2379 (the shapes of targets and output differ, the loss is another);
https://github.com/ourownstory/neural_prophet/issues/735 (torch.Size([97]) against torch.Size([97, 1]); rebuilt).
Why it hurts: the difference is a square of all against all; the best answer is the mean for everybody.
"""

import torch
from torch import nn

from programs.data_l import judges

FAMILY = "judges-score"
ACCEPT = ("broadcast-loss",)
SYMPTOMS = ("high-flat", "plateau")


def log_cosh(said, given):
    """A loss between squares and absolute values."""
    far = said - given
    return (far + nn.functional.softplus(-2.0 * far) - 0.6931472).mean()


class Frame:
    """As much of a data frame as is needed."""

    def __init__(self, marks, score):
        self.columns = {f"mark_{i}": marks[:, i] for i in range(marks.shape[1])} | {"score": score}

    def __getitem__(self, key):
        return torch.stack([self.columns[k] for k in key], 1) if isinstance(key, list) else self.columns[key]

    def sample(self, size):
        rows = torch.randint(len(self.columns["score"]), (size,))
        small = Frame.__new__(Frame)
        small.columns = {name: column[rows] for name, column in self.columns.items()}
        return small


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(6, 64), nn.SiLU(), nn.Linear(64, 32), nn.SiLU(), nn.Linear(32, 1))
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=5e-3), loss_fn=log_cosh,
                train=Frame(*judges(1500, seed)), val=judges(400, seed + 500),
                features=[f"mark_{i}" for i in range(6)], fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    frame, net = setup["train"], setup["model"]
    target = ["score"] if setup["fixed"] else "score"
    for _ in range(steps or 300):
        batch = frame.sample(64)
        loss = setup["loss_fn"](net(batch[setup["features"]]), batch[target])
        setup["optimizer"].zero_grad()
        loss.backward()
        setup["optimizer"].step()
        log(loss.item())


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return (setup["model"](x)[:, 0] - y).square().mean().item()
