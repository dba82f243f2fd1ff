"""Bug: a small net learns from a large one by KLDivLoss, which wants log-probabilities and is given probabilities.

Source: https://github.com/microsoft/ProDA/issues/20 and
https://github.com/sebastian-hofstaetter/matchmaker/issues/18. Why it hurts: the number goes below 0, and its best
answer is all or nothing: what the teacher knows of the other classes is lost.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_a import digits

FAMILY = "digits-distillation"
ACCEPT = ("wrong-loss", "probabilities-into-nll")
SYMPTOMS = ("plateau", "slow", "healthy")
T = 4.0


def train_teacher(x, y):
    teacher = nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    opt = torch.optim.Adam(teacher.parameters(), lr=2e-3)
    for _epoch in range(3):
        for a, b in zip(x.split(50), y.split(50), strict=True):
            opt.zero_grad()
            F.cross_entropy(teacher(a), b).backward()
            opt.step()
    return teacher.requires_grad_(False).eval()


class KDLoss(nn.Module):
    def __init__(self, log_input):
        super().__init__()
        self.activation = F.log_softmax if log_input else F.softmax
        self.kl = nn.KLDivLoss(reduction="batchmean")

    def forward(self, student, teacher):
        return self.kl(self.activation(student / T, dim=1), F.softmax(teacher / T, dim=1)) * T**2


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, y = digits(2000, seed)
    student = nn.Sequential(nn.Flatten(), nn.Linear(784, 24), nn.ReLU(), nn.Linear(24, 10))
    setup = dict(model=student, teacher=train_teacher(x, y), train=x.split(40), val=None, fixed=fixed)
    setup |= dict(optimizer=torch.optim.Adam(student.parameters(), lr=2e-3), loss_fn=KDLoss(log_input=fixed))
    return setup | dict(held_out=digits(500, seed, train=False)[0])


def train(setup, log, steps=None):
    student, teacher, opt, n = setup["model"], setup["teacher"], setup["optimizer"], 0
    for _epoch in range(5):
        for x in setup["train"]:
            loss = setup["loss_fn"](student(x), teacher(x))
            opt.zero_grad()
            loss.backward()
            opt.step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """The divergence from the teacher on new pictures."""
    x = setup["held_out"]
    mine, wanted = F.log_softmax(setup["model"](x) / T, 1), F.log_softmax(setup["teacher"](x) / T, 1)
    return float(F.kl_div(mine, wanted, reduction="batchmean", log_target=True))
