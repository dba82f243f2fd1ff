"""Healthy: two rounds of messages on small graphs of mountain huts, dense matrices, a number for each graph.

Source: of our own.
Why it is right: neighbours are summed, as the guests are; the loss falls to about the noise of the numbers.
"""

import torch
from torch import Tensor, nn

from programs.data_t import hut_paths

FAMILY = "hutpaths-gnn"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class GraphLayer(nn.Module):
    def __init__(self, d_in: int, d_out: int) -> None:
        super().__init__()
        self.own = nn.Linear(d_in, d_out)
        self.others = nn.Linear(d_in, d_out, bias=False)

    def forward(self, h: Tensor, a: Tensor) -> Tensor:
        return torch.relu(self.own(h) + a @ self.others(h))


class HutNet(nn.Module):
    def __init__(self, width: int = 48) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Linear(2, width), nn.ReLU())
        self.layers = nn.ModuleList([GraphLayer(width, width), GraphLayer(width, width)])
        self.read = nn.Linear(width, 1)

    def forward(self, huts: Tensor, paths: Tensor) -> Tensor:
        h = self.first(huts)
        for layer in self.layers:
            h = layer(h, paths)
        return self.read(h.mean(dim=1)).squeeze(-1)


def build(seed: int, fixed: bool = False) -> dict:
    torch.manual_seed(seed)
    net = HutNet()
    optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
    return dict(model=net, optimizer=optimizer, loss_fn=nn.HuberLoss(), train=hut_paths(2000, seed),
                scheduler=torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=10, eta_min=1e-4),
                val=hut_paths(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup: dict, log, steps: int | None = None) -> None:
    huts, paths, guests = setup["train"]
    n = 0
    for _epoch in range(10):
        for i in torch.randperm(len(guests)).split(40):
            setup["optimizer"].zero_grad()
            loss = setup["loss_fn"](setup["model"](huts[i], paths[i]), guests[i])
            loss.backward()
            setup["optimizer"].step()
            n += 1
            log(loss)
            if n == steps:
                return
        setup["scheduler"].step()


@torch.no_grad()
def error(setup: dict) -> float:
    huts, paths, guests = setup["val"]
    return (setup["model"](huts, paths) - guests).abs().mean().item()
