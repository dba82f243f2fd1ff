"""Bug: a physics-informed net is given the time in seconds, 0 to 36000, as it stands in the equation.

Source: https://github.com/vsitzmann/siren/issues/19 ("normalizing to (-1, 1) is very important"); see also
https://github.com/PredictiveIntelligenceLab/jaxpi/issues/11 (why coordinates are made dimensionless; rebuilt).
Why it hurts: nearly all tanh units stand at their ends; the net is a constant with a kink, and its slopes are zero.
"""

import torch
from torch import nn

FAMILY = "cooling-pinn"
ACCEPT = ("unscaled-inputs", "saturated-activations")
SYMPTOMS = ("spiking", "oscillating", "high-flat")
T_END, RATE, START = 36000.0, 1.2e-4, 1.0


class Net(nn.Module):
    """The temperature above the room's, as a function of time."""

    def __init__(self, scale):
        super().__init__()
        self.scale = scale
        self.layers = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1))

    def forward(self, t):
        return self.layers(t * self.scale)


def residual(model, t):
    t = t.requires_grad_(True)
    u = model(t)
    slope = torch.autograd.grad(u, t, torch.ones_like(u), create_graph=True)[0]
    return (slope + RATE * u) / RATE


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Net(2.0 / T_END if fixed else 1.0)
    optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
    g = torch.Generator().manual_seed(seed)
    measured = T_END * torch.rand(30, 1, generator=g)
    values = START * torch.exp(-RATE * measured) + 0.01 * torch.randn(30, 1, generator=g)
    return dict(model=model, optimizer=optimizer, loss_fn=None, criterion=nn.MSELoss(), train=None,
                measured=(measured, values), val=None, generator=g, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, mse = setup["model"], setup["optimizer"], setup["criterion"]
    measured, values = setup["measured"]
    for n in range(1, 301):
        t = T_END * torch.rand(64, 1, generator=setup["generator"])
        optimizer.zero_grad()
        physics = residual(model, t).square().mean()
        begin = (model(torch.zeros(1, 1)) - START).square().mean()
        loss = physics + begin + mse(model(measured), values)
        loss.backward()
        optimizer.step()
        log(loss.item())
        if n == steps:
            return
