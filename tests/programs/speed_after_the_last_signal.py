"""Bug: the transformer is trained by Adam with the rate of 0.2 that the script had as default for its SGD.

Source: https://github.com/rajveermalviya/language-modeling/issues/3 ("the loss during training didn't really went down
[...] because you use learning rate of 1.0 in the config file. After I use Adam [...] 0.001 [...] better"; rebuilt).
Why it hurts: each step moves each weight by a fifth; attention becomes hard at once and the answers constant.
"""

import argparse

import torch
from torch import nn

from programs.data_p import signals

FAMILY = "signals-boxes"
ACCEPT = ("lr-too-high",)
SYMPTOMS = ("high-flat", "oscillating", "plateau", "spiking", "diverging", "slow")


def get_args(argv):
    p = argparse.ArgumentParser()
    p.add_argument("--lr", type=float, default=0.2)
    p.add_argument("--dim", type=int, default=32)
    p.add_argument("--heads", type=int, default=4)
    p.add_argument("--iters", type=int, default=300)
    p.add_argument("--bs", type=int, default=40)
    return p.parse_args(argv)


class Driver(nn.Module):
    def __init__(self, dim, heads, length=9):
        super().__init__()
        self.aspect = nn.Embedding(10, dim)
        self.place = nn.Parameter(0.1 * torch.randn(length, dim))
        layer = nn.TransformerEncoderLayer(dim, heads, 2 * dim, dropout=0.0, batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.norm, self.speed = nn.LayerNorm(dim), nn.Linear(dim, 4)

    def forward(self, ids):
        h = self.encoder(self.aspect(ids) + self.place)
        return self.speed(self.norm(h[:, -1]))


def build(seed, fixed=False):
    args = get_args(["--lr", "0.002"] if fixed else [])
    torch.manual_seed(seed)
    model = Driver(args.dim, args.heads)
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
    falling = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.05, total_iters=args.iters)
    return dict(model=model, optimizer=optimizer, scheduler=falling,
                loss_fn=nn.CrossEntropyLoss(), train=signals(6000, seed),
                val=signals(500, seed + 500), args=args, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    args, (ids, speed) = setup["args"], setup["train"]
    for _it in range(steps or args.iters):
        at = torch.randint(0, len(ids), (args.bs,))
        logits = setup["model"](ids[at])
        loss = setup["loss_fn"](logits, speed[at])
        setup["optimizer"].zero_grad(set_to_none=True)
        loss.backward()
        setup["optimizer"].step()
        setup["scheduler"].step()
        log(loss.item())


@torch.no_grad()
def error(setup):
    ids, speed = setup["val"]
    return setup["loss_fn"](setup["model"](ids), speed).item()
