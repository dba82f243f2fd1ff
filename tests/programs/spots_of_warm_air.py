"""Bug: centres and widths of a radial basis network are Parameters, but in plain lists; only the last layer learns.

Source: https://github.com/pytorch/pytorch/issues/666 ("nn.Module not importing parameters contained in lists");
https://github.com/pytorch/pytorch/issues/10817 (parameters in a dict; rebuilt).
Why it hurts: model.parameters() does not know them; the bells stay where they were drawn, and as wide.
"""

import torch
from torch import nn

from programs.data_m import warm_spots

FAMILY = "spots-rbf"
ACCEPT = ("unregistered-layers", "parameters-not-optimized")
SYMPTOMS = ("high-flat", "plateau", "slow")


class Bells(nn.Module):
    """Two layers of bells, a coarse and a fine one, and a weighted sum of both."""

    def __init__(self, counts=(12, 24), registered=False):
        super().__init__()
        self.centres = [nn.Parameter(2 * torch.rand(k, 2) - 1) for k in counts]
        self.log_widths = [nn.Parameter(torch.full((k,), width)) for k, width in zip(counts, (-0.5, -2.0), strict=True)]
        if registered:
            self.centres, self.log_widths = nn.ParameterList(self.centres), nn.ParameterList(self.log_widths)
        self.readout = nn.Linear(sum(counts), 1)

    def forward(self, place):
        found = []
        for centre, log_width in zip(self.centres, self.log_widths, strict=True):
            square = (place[:, None, :] - centre).square().sum(2)
            found.append(torch.exp(-square / (2 * torch.exp(2 * log_width))))
        return self.readout(torch.cat(found, 1)).view(-1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    bells = Bells(registered=fixed)
    return dict(model=bells, optimizer=torch.optim.Adam(bells.parameters(), lr=0.02), loss_fn=nn.MSELoss(),
                train=warm_spots(1500, seed), val=None, test=warm_spots(500, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    place, heat = setup["train"]
    model, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    step, epoch = 0, 0
    while epoch < 20:
        for index in torch.randperm(len(place)).split(100):
            optimizer.zero_grad()
            loss = criterion(model(place[index]), heat[index])
            loss.backward()
            optimizer.step()
            log(loss.item())
            step += 1
            if step == steps:
                return
        epoch += 1


@torch.no_grad()
def error(setup):
    place, heat = setup["test"]
    return setup["loss_fn"](setup["model"](place), heat).item()
