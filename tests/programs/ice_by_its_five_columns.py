"""Bug: height, thickness, slope, air and snow go into the net in metres, degrees and millimetres, as measured.

Source: https://github.com/accord-net/framework/issues/306 ("Yes, it is necessary to standardize inputs [...] The
network cannot do this automatically"; rebuilt). Why it hurts: metres and millimetres in the hundreds and thousands
hold the tanh units at -1 and 1, and what the slope or the air say is lost beside them.
"""

import torch
from torch import nn
from torch.func import functional_call

from programs.data_q import glaciers

FAMILY = "glaciers-flow"
ACCEPT = ("unscaled-inputs", "saturated-activations")
SYMPTOMS = ("high-flat", "plateau", "slow")


class FlowNet(nn.Module):
    def __init__(self, n_in=5, n_hidden=48):
        super().__init__()
        self.fc1 = nn.Linear(n_in, n_hidden)
        self.fc2 = nn.Linear(n_hidden, n_hidden)
        self.fc3 = nn.Linear(n_hidden, 1)

    def forward(self, x):
        x = torch.tanh(self.fc1(x))
        x = torch.tanh(self.fc2(x))
        return self.fc3(x).squeeze(-1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, y = glaciers(2000, seed)
    x_test, y_test = glaciers(500, seed + 500)
    if fixed:
        mean, std = x.mean(0), x.std(0)
        x, x_test = (x - mean) / std, (x_test - mean) / std
    net = FlowNet()
    return {"model": net, "optimizer": None, "loss_fn": nn.MSELoss(), "train": (x, y), "val": (x_test, y_test),
            "fixed": fixed}  # fmt: skip


def train(setup, log, steps=None, lr=0.05, momentum=0.9):
    net, mse, (x, y) = setup["model"], setup["loss_fn"], setup["train"]
    params = dict(net.named_parameters())
    velocity = {name: torch.zeros_like(p) for name, p in params.items()}
    step = 0
    for _epoch in range(16):
        for rows in torch.randperm(len(x)).split(50):
            loss = mse(functional_call(net, params, (x[rows],)), y[rows])
            grads = torch.autograd.grad(loss, list(params.values()))
            with torch.no_grad():
                for (name, p), grad in zip(params.items(), grads, strict=True):
                    velocity[name].mul_(momentum).add_(grad)
                    p.sub_(lr * velocity[name])
            step += 1
            if step % 40 == 0:
                log(loss.item(), val_loss=error(setup))
            else:
                log(loss.item())
            if step == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return setup["loss_fn"](setup["model"](x), y).item()
