"""Bug: the code is detached before it is decoded, "to save memory".

Source: https://github.com/speechbrain/speechbrain/issues/1396 ("This detaches the tensor from the computation graph";
rebuilt). Why it hurts: the encoder gets no gradient; three random numbers of the sock are all the decoder has.
"""

import torch
from torch import nn

from programs.data_o import low_rank

FAMILY = "socks-autoencoder"
ACCEPT = ("graph-detached",)
SYMPTOMS = ("plateau", "slow", "high-flat")


class AutoEncoder(nn.Module):
    def __init__(self, save_memory):
        super().__init__()
        self.save_memory = save_memory
        self.encoder = nn.Sequential(nn.Linear(20, 40), nn.ReLU(), nn.Linear(40, 3))
        self.decoder = nn.Sequential(nn.Linear(3, 40), nn.ReLU(), nn.Linear(40, 20))

    def forward(self, x):
        code = self.encoder(x)
        if self.save_memory:
            code = code.detach()
        return self.decoder(code)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = AutoEncoder(save_memory=not fixed)
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=5e-3), loss_fn=nn.MSELoss(),
                train=torch.utils.data.DataLoader(low_rank(2000, seed, 8), batch_size=40, shuffle=True),
                val=low_rank(400, seed + 500, 8), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    k = 0
    for _epoch in range(8):
        for x in setup["train"]:
            loss = setup["loss_fn"](setup["model"](x), x)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            k += 1
            if k == steps:
                return


@torch.no_grad()
def error(setup):
    return setup["loss_fn"](setup["model"](setup["val"]), setup["val"]).item()
