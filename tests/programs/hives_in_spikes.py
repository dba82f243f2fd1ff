"""Healthy: a net of spikes: a step in the forward pass, and the slope of a smooth curve in the backward pass.

Source: https://github.com/norse/norse/pull/158 ("the surrogate gradient approach"); Neftci et al. 2019,
https://arxiv.org/abs/1901.09948 (rebuilt for the sound of hives).
Why it looks ill: most states are 0 or 1, many cells are silent, and the gradients are not those of the function.
"""

import torch
from torch import nn

from programs.data_k import hives

FAMILY = "hive-spikes"
ACCEPT = ()
SYMPTOMS = ("healthy", "slow", "oscillating", "plateau")


class Spike(torch.autograd.Function):
    @staticmethod
    def forward(ctx, voltage):
        ctx.save_for_backward(voltage)
        return (voltage > 0).float()

    @staticmethod
    def backward(ctx, above):
        (voltage,) = ctx.saved_tensors
        return above / (1 + 5 * voltage.abs()).square()


class SpikingNet(nn.Module):
    """Sixteen steps in time, of four readings each; the answer is what leaks into three cells that never spike."""

    def __init__(self, cells=64, keep=0.85):
        super().__init__()
        self.enter, self.leave = nn.Linear(4, cells), nn.Linear(cells, 3)
        self.back = nn.Linear(cells, cells, bias=False)
        self.keep = keep

    def forward(self, sound):
        voltage = spikes = torch.zeros(len(sound), self.back.in_features)
        answer = 0.0
        for piece in sound.unflatten(1, (16, 4)).unbind(1):
            voltage = self.keep * voltage * (1 - spikes) + self.enter(piece) + self.back(spikes)
            spikes = Spike.apply(voltage - 1.0)
            answer = 0.95 * answer + self.leave(spikes)
        return answer / 4


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = SpikingNet()
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=5e-3), loss_fn=nn.CrossEntropyLoss(),
                train=hives(1600, seed), val=None, test=hives(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    sounds, states = setup["train"]
    done = 0
    for _ in range(10):
        for rows in torch.randperm(len(sounds)).split(50):
            loss = setup["loss_fn"](setup["model"](sounds[rows]), states[rows])
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            done += 1
            log(loss.item())
            if done == steps:
                return


@torch.no_grad()
def error(setup):
    sounds, states = setup["test"]
    return (setup["model"](sounds).argmax(1) != states).float().mean().item()
