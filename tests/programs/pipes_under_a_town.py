"""Bug: the net gives a column (n, 1), the targets are a row (n,), and the loss takes each from each.

Source: https://github.com/pytorch/pytorch/pull/18349 ("broadcasting giving the wrong result [...] between tensors with
shapes (n, 1) and (n,)"); https://github.com/deepset-ai/FARM/issues/229 (the same; rebuilt with a loss written by hand).
Why it hurts: every prediction is pulled to all targets of the batch; the mean is the best answer to that.
"""

import torch
from torch import Tensor, nn

from programs.data_n import pipes

FAMILY = "pipes-gnn"
ACCEPT = ("broadcast-loss",)
SYMPTOMS = ("high-flat", "plateau")


def huber(prediction: Tensor, target: Tensor, delta: float = 1.0) -> Tensor:
    gap = (prediction - target).abs()
    return torch.where(gap < delta, 0.5 * gap**2, delta * (gap - 0.5 * delta)).mean()


class GraphConv(nn.Module):
    def __init__(self, n_in: int, n_out: int):
        super().__init__()
        self.own, self.others = nn.Linear(n_in, n_out), nn.Linear(n_in, n_out, bias=False)

    def forward(self, x: Tensor, adj: Tensor) -> Tensor:
        return torch.relu(self.own(x) + self.others(adj @ x))


class PipeNet(nn.Module):
    def __init__(self, width: int = 32):
        super().__init__()
        self.first, self.second = GraphConv(3, width), GraphConv(width, width)
        self.readout = nn.Linear(width, 1)

    def forward(self, x: Tensor, adj: Tensor) -> Tensor:
        h = self.second(self.first(x, adj), adj)
        return self.readout(h.mean(1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = PipeNet()
    x, adj, loss = pipes(1600, seed)
    if fixed:
        loss = loss[:, None]
    return {"model": model, "optimizer": torch.optim.Adam(model.parameters(), lr=3e-3), "loss_fn": huber,
            "train": list(zip(x.split(32), adj.split(32), loss.split(32), strict=True)), "val": None,
            "test": pipes(400, seed + 500), "fixed": fixed}  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    step = 0
    for _epoch in range(10):
        for x, adj, target in setup["train"]:
            optimizer.zero_grad()
            loss = criterion(model(x, adj), target)
            loss.backward()
            optimizer.step()
            step += 1
            log(loss.item())
            if step == steps:
                return


@torch.no_grad()
def error(setup):
    x, adj, target = setup["test"]
    return (setup["model"](x, adj).flatten() - target).abs().mean().item()
