"""Bug: the optimizer of a captioning model gets decoder.parameters(); the encoder stays as it was made.

Source: https://github.com/sgrvinod/a-PyTorch-Tutorial-to-Image-Captioning/issues/73 (who gets the encoder's and the
decoder's parameters); https://github.com/cabralpinto/modular-diffusion/issues/17 (one half is left out; rebuilt).
Why it hurts: the decoder has to read the signs from twenty-four numbers that were never made for it.
"""

import torch
import torch.nn.functional as F
from torch import nn, optim

from programs.data_f import plates

FAMILY = "plates-captioning"
ACCEPT = ("parameters-not-optimized",)
SYMPTOMS = ("plateau", "high-flat", "slow")
START = 6


class Encoder(nn.Module):
    def __init__(self, out=24):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 12, 3, padding=1), nn.Conv2d(12, 16, 3, stride=2, padding=1)
        self.fc, self.norm = nn.Linear(16 * 4 * 12, out), nn.LayerNorm(out)

    def forward(self, x):
        x = F.relu(self.conv2(F.relu(self.conv1(x))))
        return self.norm(self.fc(x.flatten(1)))


class Decoder(nn.Module):
    def __init__(self, signs=6, context=24, hidden=48):
        super().__init__()
        self.embed = nn.Embedding(signs + 1, 8)
        self.cell, self.out = nn.GRUCell(8 + context, hidden), nn.Linear(hidden, signs)

    def forward(self, context, before):
        h, scores = torch.zeros(len(context), self.cell.hidden_size), []
        for word in before.unbind(1):
            h = self.cell(torch.cat([self.embed(word), context], 1), h)
            scores.append(self.out(h))
        return torch.stack(scores, 1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    encoder, decoder = Encoder(), Decoder()
    params = list(encoder.parameters()) + list(decoder.parameters()) if fixed else decoder.parameters()
    model = nn.ModuleDict({"encoder": encoder, "decoder": decoder})
    return dict(model=model, optimizer=optim.Adam(params, lr=3e-3), loss_fn=nn.CrossEntropyLoss(), val=None,
                train=plates(1280, seed), test=plates(300, seed + 500), fixed=fixed)  # fmt: skip


def predict(model, images, captions):
    before = torch.cat([torch.full_like(captions[:, :1], START), captions[:, :-1]], 1)
    return model["decoder"](model["encoder"](images), before)


def train(setup, log, steps=None):
    model, optimizer, step = setup["model"], setup["optimizer"], 0
    for _epoch in range(8):
        for idx in torch.randperm(1280).split(40):
            images, captions = (part[idx] for part in setup["train"])
            scores = predict(model, images, captions)
            loss = setup["loss_fn"](scores.reshape(-1, 6), captions.reshape(-1))
            model.zero_grad()
            loss.backward()
            optimizer.step()
            step += 1
            log(loss.item())
            if step == steps:
                return


@torch.no_grad()
def error(setup):
    images, captions = setup["test"]
    return (predict(setup["model"], images, captions).argmax(-1) != captions).float().mean().item()
