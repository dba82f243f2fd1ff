"""Bug: the optimizer is made with the parameters of the encoder alone.

Source: of our own; as in scripts in which encoder and decoder are two modules and one of them is forgotten.
Why it hurts: the decoder stays as it was drawn; whatever the code is, it cannot be unfolded into a bowl.
"""

import torch
import torch.nn as nn

from programs.data_t import bowls

FAMILY = "bowls-autoencoder"
ACCEPT = ("parameters-not-optimized",)
SYMPTOMS = ("plateau", "high-flat", "slow")


class Encoder(nn.Module):
    def __init__(self, points, code):
        super().__init__()
        self.fc1 = nn.Linear(points, 64)
        self.fc2 = nn.Linear(64, code)

    def forward(self, x):
        return self.fc2(torch.tanh(self.fc1(x)))


class Decoder(nn.Module):
    def __init__(self, code, points):
        super().__init__()
        self.fc1 = nn.Linear(code, 64)
        self.fc2 = nn.Linear(64, points)

    def forward(self, z):
        return self.fc2(torch.tanh(self.fc1(z)))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    encoder, decoder = Encoder(40, 6), Decoder(6, 40)
    params = [*encoder.parameters(), *decoder.parameters()] if fixed else encoder.parameters()
    return dict(
        model=nn.ModuleDict({"encoder": encoder, "decoder": decoder}),
        optimizer=torch.optim.Adam(params, lr=2e-3),
        loss_fn=nn.MSELoss(),
        train=bowls(1600, seed),
        val=bowls(400, seed + 500),
        fixed=fixed,
    )


def train(setup, log, steps=None):
    encoder, decoder = setup["model"]["encoder"], setup["model"]["decoder"]
    data, done = setup["train"], 0
    for _epoch in range(15):
        for batch in data[torch.randperm(len(data))].split(32):
            setup["optimizer"].zero_grad()
            reconstruction = decoder(encoder(batch))
            loss = setup["loss_fn"](reconstruction, batch)
            loss.backward()
            setup["optimizer"].step()
            done += 1
            log(loss.item())
            if done == steps:
                return


@torch.no_grad()
def error(setup):
    x = setup["val"]
    return setup["loss_fn"](setup["model"]["decoder"](setup["model"]["encoder"](x)), x).item()
