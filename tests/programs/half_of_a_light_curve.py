"""Healthy: a masked autoencoder: of each curve's five pieces three are hidden, and to be told from the other two.

Source: https://github.com/facebookresearch/mae/issues/21 ("loss fluctuates during training"); He et al. 2021,
https://arxiv.org/abs/2111.06377 (rebuilt for curves of light).
Why it looks ill: the loss soon falls no more and cannot reach 0: what is hidden has noise.
"""

import torch
from torch import nn

from programs.data_k import orbits

FAMILY = "light-curves-mae"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "slow")


class MaskedCurves(nn.Module):
    def __init__(self, pieces=5, wide=32):
        super().__init__()
        self.enter, self.leave = nn.Linear(4, wide), nn.Linear(wide, 4)
        self.place = nn.Parameter(0.02 * torch.randn(pieces, wide))
        self.hidden = nn.Parameter(0.02 * torch.randn(wide))
        layer = nn.TransformerEncoderLayer(wide, 4, 64, dropout=0.0, batch_first=True, norm_first=True)
        self.blocks = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)

    def forward(self, pieces, mask):
        h = torch.where(mask[..., None], self.hidden, self.enter(pieces)) + self.place
        guess = self.leave(self.blocks(h))
        return (guess - pieces)[mask].square().mean()


def hide(many, generator=None):
    return torch.rand(many, 5, generator=generator).argsort(1) < 3


def pieces_of(curves):
    return ((curves - 12) / 3).unflatten(1, (5, 4))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = MaskedCurves()
    return dict(model=model, optimizer=torch.optim.AdamW(model.parameters(), lr=3e-3), loss_fn=None,
                train=pieces_of(orbits(2000, seed)[0]), val=None, test=pieces_of(orbits(300, seed + 500)[0]),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    for i in range(400):
        batch = setup["train"][torch.randint(len(setup["train"]), (40,))]
        loss = setup["model"](batch, hide(40))
        setup["optimizer"].zero_grad()
        loss.backward()
        setup["optimizer"].step()
        log(loss.item())
        if i + 1 == steps:
            return


@torch.no_grad()
def error(setup):
    return setup["model"](setup["test"], hide(300, torch.Generator().manual_seed(0))).item()
