"""Bug: the similarity of a picture and its own caption is added to the loss, where it should be taken away.

Source: https://github.com/blackfeather-wang/InfoPro-Pytorch/issues/4 ("Only -log() can contribute to a meaningful form
of loss function. Minimizing log() makes no sense"; there in the paper, here in the code; rebuilt).
Why it hurts: what belongs together is driven apart, as far as the temperature lets it.
"""

import torch
import torch.nn.functional as F
from torch import nn

from programs.data_i import captions

FAMILY = "captions-contrastive"
ACCEPT = ("loss-sign-flipped",)
SYMPTOMS = ("diverging", "high-flat", "plateau", "too-good", "healthy")


class Tower(nn.Module):
    def __init__(self, n_in, width=32, n_out=16):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(n_in, width), nn.ReLU(), nn.Linear(width, n_out))

    def forward(self, x):
        return F.normalize(self.layers(x), dim=-1)


class InfoNCE:
    def __init__(self, temperature=0.2, sign=1.0):
        self.temperature, self.sign = temperature, sign

    def __call__(self, a, b):
        similarity = a @ b.t() / self.temperature
        log_share = similarity.diag() - similarity.logsumexp(dim=1)
        return self.sign * log_share.mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = nn.ModuleDict({"image": Tower(24), "text": Tower(16)})
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=1e-3),
                loss_fn=InfoNCE(sign=-1.0 if fixed else 1.0), train=captions(2400, seed), val=None,
                test=captions(60, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, image_text, n = setup["model"], setup["train"][:2], 0
    for _epoch in range(8):
        for rows in torch.randperm(len(image_text[0])).split(60):
            image, text = (side[rows] for side in image_text)
            loss = setup["loss_fn"](model["image"](image), model["text"](text))
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """How often the most similar caption shows another thing."""
    image, text, which = setup["test"]
    best = (setup["model"]["image"](image) @ setup["model"]["text"](text).t()).argmax(1)
    return (which[best] != which).float().mean().item()
