"""Healthy: distillation by a cross entropy with the teacher's soft labels; the loss stops near 2 and means success.

Source: https://github.com/AberHu/Knowledge-Distillation-Zoo/issues/12 (how the soft targets enter the loss). Nothing
to mend: at a temperature of 4 the teacher's own answers have an entropy of about 2.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_a import digits

FAMILY = "digits-soft-targets"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "high-flat", "slow")
T = 4.0


class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, width, 5, 2), nn.Conv2d(width, 2 * width, 3, 2)
        self.fc = nn.Linear(2 * width * 25, 10)

    def forward(self, x):
        return self.fc(F.relu(self.conv2(F.relu(self.conv1(x)))).flatten(1))


def teach(x, y):
    teacher = Net(12)
    opt = torch.optim.Adam(teacher.parameters(), lr=2e-3)
    for _epoch in range(2):
        for a, b in zip(x.split(40), y.split(40), strict=True):
            opt.zero_grad()
            F.cross_entropy(teacher(a), b).backward()
            opt.step()
    return teacher.eval().requires_grad_(False)


def soft_cross_entropy(student, teacher):
    return -(F.softmax(teacher / T, 1) * F.log_softmax(student / T, 1)).sum(1).mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, y = digits(2400, seed)
    teacher, student = teach(x, y), Net(4)
    opt = torch.optim.SGD(student.parameters(), lr=0.4, momentum=0.9)
    setup = dict(model=student, teacher=teacher, optimizer=opt, loss_fn=soft_cross_entropy, val=None, fixed=fixed)
    return setup | dict(train=x.split(40), held_out=digits(500, seed, train=False))


def train(setup, log, steps=None):
    student, teacher, opt, n = setup["model"], setup["teacher"], setup["optimizer"], 0
    for _epoch in range(4):
        for x in setup["train"]:
            opt.zero_grad()
            loss = setup["loss_fn"](student(x), teacher(x))
            loss.backward()
            opt.step()
            n += 1
            log(loss)
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["held_out"]
    return float((setup["model"](x).argmax(1) != y).float().mean())
