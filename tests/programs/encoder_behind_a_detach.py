"""Bug: the state that goes from the encoder to the decoder is detached, as one does between chunks of a text.

Source: https://github.com/LiyuanLucasLiu/LD-Net/issues/6 (what repackage_hidden and its detach() are for; rebuilt in a
place where they do harm). Why it hurts: no gradient reaches the encoder or its embedding; the decoder learns to
read what a random encoder happens to write.
"""

import torch
from torch import nn

from programs.data_e import dates

FAMILY = "dates-seq2seq"
ACCEPT = ("graph-detached",)
SYMPTOMS = ("plateau", "slow", "high-flat")


def repackage(state):
    """Take a state out of its graph."""
    return tuple(repackage(one) for one in state) if isinstance(state, tuple) else state.detach()


class Translator(nn.Module):
    def __init__(self, size=24, hidden=64, repack=True):
        super().__init__()
        self.repack = repack
        self.source, self.target = nn.Embedding(25, size), nn.Embedding(11, size)
        self.encoder = nn.LSTM(size, hidden, batch_first=True)
        self.decoder = nn.LSTM(size, hidden, batch_first=True)
        self.out = nn.Linear(hidden, 10)

    def forward(self, said, meant):
        _, state = self.encoder(self.source(said))
        if self.repack:
            state = repackage(state)
        begin = torch.full_like(meant[:, :1], 10)
        before = torch.cat([begin, meant[:, :-1]], dim=1)
        return self.out(self.decoder(self.target(before), state)[0])


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Translator(repack=not fixed)
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    said, meant = dates(2400, seed)
    pairs = list(zip(said.split(60), meant.split(60), strict=True))
    return dict(model=model, optimizer=optimizer, loss_fn=nn.CrossEntropyLoss(), train=pairs, fixed=fixed,
                val=dates(300, seed + 50))  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, clip = setup["model"], setup["optimizer"], nn.utils.clip_grad_norm_
    for n in range(steps or 280):
        said, meant = setup["train"][n % len(setup["train"])]
        loss = setup["loss_fn"](model(said, meant).flatten(0, 1), meant.flatten())
        optimizer.zero_grad()
        loss.backward()
        clip(model.parameters(), 1.0)
        optimizer.step()
        log(loss)


@torch.no_grad()
def error(setup):
    """The share of wrong digits."""
    said, meant = setup["val"]
    return (setup["model"](said, meant).argmax(-1) != meant).float().mean()
