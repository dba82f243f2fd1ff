"""Bug: the optimizer of the lab keeps a mean of the gradients, but adds the new share without fading the old mean.

Source: of our own (m = m + (1 - beta) * g, where m = beta * m + (1 - beta) * g was meant).
Why it hurts: nothing ever brakes the weights; they swing through the valley and back, wider with every noise.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_p import organ

FAMILY = "organ-regression"
ACCEPT = ("momentum-too-high",)
SYMPTOMS = ("oscillating", "diverging", "spiking", "plateau", "high-flat", "non-finite")


class LabOptimizer(torch.optim.Optimizer):
    def __init__(self, params, lr=0.1, beta=0.9, fade=False):
        super().__init__(params, dict(lr=lr, beta=beta, fade=fade))

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                mean = state.setdefault("mean", torch.zeros_like(p))
                if group["fade"]:
                    mean.mul_(group["beta"])
                mean.add_(p.grad, alpha=1 - group["beta"])
                p.add_(mean, alpha=-group["lr"])


class PipeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Sequential(nn.Linear(5, 40), nn.ELU(), nn.Linear(40, 40), nn.ELU())
        self.cents = nn.Linear(40, 1)

    def forward(self, x):
        return self.cents(self.hidden(x))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = PipeNet()
    x, y = organ(2000, seed)
    data = DataLoader(TensorDataset(x, y.unsqueeze(1)), batch_size=40, shuffle=True)
    return dict(model=net, optimizer=LabOptimizer(net.parameters(), fade=fixed), loss_fn=nn.MSELoss(), train=data,
                val=organ(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    net, opt, mse = setup["model"], setup["optimizer"], setup["loss_fn"]
    k = 0
    for _ in range(10):
        for x, y in setup["train"]:
            opt.zero_grad()
            loss = mse(net(x), y)
            loss.backward()
            opt.step()
            log(loss.item())
            k += 1
            if k == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return (setup["model"](x).squeeze(1) - y).abs().mean().item()
