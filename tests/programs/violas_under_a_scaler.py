"""Bug: the loop scales the loss as for half precision, and clears the gradients after backward, before the step.

Source: https://theneuralbase.com/pytorch/learn/beginner/training-loop-structure/ ("creates a logic error
where gradients are cleared before being used"; rebuilt). Why it hurts: each step is one of zeros.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_o import kinds

FAMILY = "violas-mlp"
ACCEPT = ("gradients-cleared-early",)
SYMPTOMS = ("high-flat",)


class LossScaler:
    def __init__(self, scale=1024.0):
        self.scale = scale

    def backward(self, loss):
        (loss * self.scale).backward()

    def step(self, optimizer):
        for group in optimizer.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    p.grad.div_(self.scale)
        optimizer.step()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(10, 40), nn.SiLU(), nn.Linear(40, 5))
    opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.8)
    loader = DataLoader(TensorDataset(*kinds(1600, seed, 28, many=5)), batch_size=40, shuffle=True)
    return dict(model=net, optimizer=opt, loss_scaler=LossScaler(), loss_fn=nn.CrossEntropyLoss(), train=loader,
                val=kinds(400, seed + 500, 28, many=5), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    i = 0
    for _epoch in range(7):
        for wood, maker in setup["train"]:
            if setup["fixed"]:
                setup["optimizer"].zero_grad(set_to_none=False)
            loss = setup["loss_fn"](setup["model"](wood), maker)
            setup["loss_scaler"].backward(loss)
            if not setup["fixed"]:
                setup["optimizer"].zero_grad(set_to_none=False)
            setup["loss_scaler"].step(setup["optimizer"])
            log(loss.item())
            i += 1
            if i == steps:
                return


@torch.no_grad()
def error(setup):
    wood, maker = setup["val"]
    return setup["loss_fn"](setup["model"](wood), maker).item()
