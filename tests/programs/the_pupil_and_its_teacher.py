"""Bug: somebody gives the two nets of a distillation in the wrong order, so the optimizer holds the teacher's weights.

Source: https://github.com/keras-team/keras-io/pull/242 (`self.teacher = student`, `self.student = teacher` in the first
version of a Distiller; rebuilt). Why it hurts: the pupil is never changed, and the loss is the pupil's.
"""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn

from programs.data_h import wines

FAMILY = "wines-pupil"
ACCEPT = ("parameters-not-optimized",)
SYMPTOMS = ("high-flat",)


def mlp(*sizes):
    layers = [part for a, b in pairwise(sizes) for part in (nn.Linear(a, b), nn.ReLU())]
    return nn.Sequential(*layers[:-1])


def pretrain(net, x, y):
    optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
    for _ in range(150):
        rows = torch.randint(len(x), (128,))
        optimizer.zero_grad()
        F.cross_entropy(net(x[rows]), y[rows]).backward()
        optimizer.step()
    return net.eval()


class Distiller(nn.Module):
    def __init__(self, student, teacher, temperature=3.0, alpha=0.3):
        super().__init__()
        self.student, self.teacher = student, teacher
        self.temperature, self.alpha = temperature, alpha

    def forward(self, x, y):
        t = self.temperature
        with torch.no_grad():
            soft = F.softmax(self.teacher(x) / t, dim=1)
        out = self.student(x)
        distilled = F.kl_div(F.log_softmax(out / t, dim=1), soft, reduction="batchmean") * t * t
        return self.alpha * F.cross_entropy(out, y) + (1 - self.alpha) * distilled


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, y = wines(3000, seed)
    teacher, pupil = pretrain(mlp(12, 128, 128, 6), x, y), mlp(12, 32, 6)
    nets = (pupil, teacher) if fixed else (teacher, pupil)
    optimizer = torch.optim.Adam(nets[0].parameters(), lr=3e-3)
    return dict(model=Distiller(pupil, teacher), optimizer=optimizer, loss_fn=None, train=(x, y), val=None,
                test=wines(800, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    distiller, optimizer, n = setup["model"], setup["optimizer"], 0
    x, y = setup["train"]
    for _ in range(8):
        for rows in torch.randperm(len(x)).split(60):
            loss = distiller(x[rows], y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["test"]
    return (setup["model"].student(x).argmax(1) != y).float().mean().item()
