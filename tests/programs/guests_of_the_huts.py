"""Bug: two towers, one for the guests and one for the huts; the optimizer is given the parameters of the guests' alone.

Source: https://github.com/zdebruine/MMVAE/issues/39 ("only being given the parameters of the encoder portion and not
both"); https://github.com/9310gaurav/ali-pytorch/issues/5 (rebuilt). Why it hurts: the places of the huts stay as drawn
by chance; no function of the guest can rank thirty huts rightly by them.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F

from programs.data_q import hut_nights

FAMILY = "huts-guests"
ACCEPT = ("parameters-not-optimized",)
SYMPTOMS = ("plateau", "slow")


class HutTower(nn.Module):
    def __init__(self, dim, huts=30):
        super().__init__()
        self.place, self.bias = nn.Embedding(huts, dim), nn.Embedding(huts, 1)
        nn.init.normal_(self.place.weight, std=0.3)
        nn.init.zeros_(self.bias.weight)

    def forward(self, hut):
        return self.place(hut), self.bias(hut)[..., 0]


class TwoTowers(nn.Module):
    def __init__(self, dim=8):
        super().__init__()
        self.guest_tower = nn.Sequential(nn.Linear(6, 32), nn.Tanh(), nn.Linear(32, dim))
        self.hut_tower = HutTower(dim)

    def forward(self, likes, hut):
        place, bias = self.hut_tower(hut)
        return (self.guest_tower(likes) * place).sum(-1) + bias


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = TwoTowers()
    params = model.parameters() if fixed else model.guest_tower.parameters()
    return dict(model=model, optimizer=torch.optim.Adam(params, lr=5e-3), loss_fn=None, train=hut_nights(6000, seed),
                val=hut_nights(800, seed + 500), fixed=fixed)  # fmt: skip


def bpr(model, likes, stayed, other):
    return -F.logsigmoid(model(likes, stayed) - model(likes, other)).mean()


def train(setup, log, steps=None):
    model, optimizer, count = setup["model"], setup["optimizer"], 0
    likes, stayed, other = setup["train"]
    for _ in range(7):
        for rows in torch.randperm(len(likes)).split(100):

            def closure(rows=rows):
                optimizer.zero_grad()
                loss = bpr(model, likes[rows], stayed[rows], other[rows])
                loss.backward()
                return loss

            loss = optimizer.step(closure)
            count += 1
            log(loss.item())
            if count == steps:
                return


@torch.no_grad()
def error(setup):
    """How often the hut where the guest did not stay comes before the other."""
    likes, stayed, other = setup["val"]
    return (setup["model"](likes, stayed) < setup["model"](likes, other)).float().mean().item()
