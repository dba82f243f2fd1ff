"""Bug: a seq2seq net has an encoder and a decoder; the optimizer was given those of the decoder only.

Source: https://github.com/zdebruine/MMVAE/issues/39 ("only being given the parameters of the encoder portion and not
both"); https://github.com/PacktPublishing/Hands-On-Image-Generation-with-TensorFlow-2.0/issues/24 (rebuilt).
Why it hurts: the encoder keeps its first random weights; the decoder must read seven beads from a random mixture.
"""

import torch
from torch import nn

from programs.data_l import abacus

FAMILY = "abacus-seq2seq"
ACCEPT = ("parameters-not-optimized",)
SYMPTOMS = ("plateau", "slow", "high-flat")


class EncoderRNN(nn.Module):
    def __init__(self, signs, hidden):
        super().__init__()
        self.embedding, self.gru = nn.Embedding(signs, 12), nn.GRU(12, hidden, batch_first=True)

    def forward(self, x):
        return self.gru(self.embedding(x))[1]


class DecoderRNN(nn.Module):
    def __init__(self, signs, hidden):
        super().__init__()
        self.embedding, self.gru = nn.Embedding(signs + 1, 12), nn.GRU(12, hidden, batch_first=True)
        self.out = nn.Linear(hidden, signs)

    def forward(self, y, hidden):
        out, hidden = self.gru(self.embedding(y), hidden)
        return self.out(out), hidden


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = nn.ModuleDict({"encoder": EncoderRNN(8, 64), "decoder": DecoderRNN(8, 64)})
    params = list(net["decoder"].parameters())
    if fixed:
        params += list(net["encoder"].parameters())
    return dict(model=net, optimizer=torch.optim.Adam(params, lr=1e-2), loss_fn=nn.CrossEntropyLoss(),
                train=abacus(4096, seed), val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    encoder, decoder = setup["model"]["encoder"], setup["model"]["decoder"]
    source, target = setup["train"]
    start = torch.full((len(target), 1), 8)
    n = 0
    for _epoch in range(5):
        for rows in torch.randperm(len(source)).split(64):
            given = torch.cat([start, target[:, :-1]], dim=1)[rows]
            setup["optimizer"].zero_grad()
            logits, _ = decoder(given, encoder(source[rows]))
            loss = setup["loss_fn"](logits.flatten(0, 1), target[rows].flatten())
            loss.backward()
            setup["optimizer"].step()
            n += 1
            log(loss.item())
            if n == steps:
                return
