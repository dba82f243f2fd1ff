"""Healthy: what is hidden of a core of firn must be guessed, and by plan more and more of it is hidden.

Source: of our own.
Why it is right: the loss falls while a tenth is hidden and rises when it is seven tenths: the task grows harder.
"""

import torch
from torch import nn

from programs.data_t import firn

FAMILY = "glacierstripes-mae"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau")


class CoreFiller(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv1d(2, width, 7, padding=3), nn.GELU(),
            nn.Conv1d(width, width, 7, padding=6, dilation=2), nn.GELU(),
            nn.Conv1d(width, width, 7, padding=12, dilation=4), nn.GELU(),
            nn.Conv1d(width, 1, 1),
        )  # fmt: skip

    def forward(self, core, hidden):
        return self.net(torch.stack([core.masked_fill(hidden, 0.0), hidden.float()], dim=1)).squeeze(1)


def hide(shape, share, block=4, generator=None):
    """Hide whole blocks of four layers."""
    chance = torch.rand(shape[0], shape[1] // block, generator=generator)
    return (chance < share).repeat_interleave(block, dim=1)


def hidden_error(said, core, hidden):
    return (said - core).square()[hidden].mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = CoreFiller()
    return dict(
        model=model,
        optimizer=torch.optim.Adam(model.parameters(), lr=3e-3),
        loss_fn=None,
        criterion=hidden_error,
        share=lambda step: 0.1 + 0.6 * min(max((step - 150) / 300, 0.0), 1.0),
        train=firn(1500, seed),
        val=firn(300, seed + 500),
        fixed=fixed,
    )


def train(setup, log, steps=None):
    cores, model, optimizer = setup["train"], setup["model"], setup["optimizer"]
    for step in range(450):
        core = cores[torch.randint(len(cores), (48,))]
        hidden = hide(core.shape, setup["share"](step))
        loss = setup["criterion"](model(core, hidden), core, hidden)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        log(loss.item())
        if step + 1 == steps:
            return


@torch.no_grad()
def error(setup):
    """On cores not seen, half of them hidden."""
    core = setup["val"]
    hidden = hide(core.shape, 0.5, generator=torch.Generator().manual_seed(1))
    return setup["criterion"](setup["model"](core, hidden), core, hidden).item()
