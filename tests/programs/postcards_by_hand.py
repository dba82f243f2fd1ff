"""Bug: no optimizer and no module, two layers written by hand; the gradients of the tensors are never set to zero.

Source: https://discuss.pytorch.org/t/why-do-we-need-to-set-the-gradients-manually-to-zero-in-pytorch/4903 (rebuilt).
Why it hurts: .grad holds the sum over all batches since the first; each step goes on along the old ones.
"""

import torch
import torch.nn.functional as F

from programs.data_m import postcards

FAMILY = "postcards-by-hand"
ACCEPT = ("missing-zero-grad",)
SYMPTOMS = ("oscillating", "diverging", "spiking", "plateau", "slow", "high-flat")

lr, hidden, batch_size = 0.15, 40, 32


class Weights(torch.nn.Module):
    """Only a place for the four tensors."""

    def __init__(self):
        super().__init__()
        self.w1 = torch.nn.Parameter(torch.randn(80, hidden) / 80**0.5)
        self.b1 = torch.nn.Parameter(torch.zeros(hidden))
        self.w2 = torch.nn.Parameter(torch.randn(hidden, 4) / hidden**0.5)
        self.b2 = torch.nn.Parameter(torch.zeros(4))

    def forward(self, x):
        h = torch.relu(x @ self.w1 + self.b1)
        return h @ self.w2 + self.b2


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, y = postcards(1600, seed)
    return dict(model=Weights(), optimizer=None, loss_fn=F.cross_entropy, train=(x, y), val=None,
                test=postcards(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model = setup["model"]
    x, y = setup["train"]
    n = 0
    for _epoch in range(6):
        order = torch.randperm(len(x))
        for i in range(0, len(x), batch_size):
            rows = order[i : i + batch_size]
            loss = F.cross_entropy(model(x[rows]), y[rows])
            loss.backward()
            with torch.no_grad():
                for p in model.parameters():
                    p -= lr * p.grad
                    if setup["fixed"]:
                        p.grad.zero_()
            log(loss.item())
            n += 1
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["test"]
    return F.cross_entropy(setup["model"](x), y).item()
