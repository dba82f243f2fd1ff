"""Bug: Adam with a learning rate of 0.3, which had been found for SGD.

Source: https://github.com/rajveermalviya/language-modeling/issues/3 ("the loss during training didn't really went down
[...] I use Adam optimizer with it's default learning rate [...] much better"); https://github.com/OpenNMT/OpenNMT-py/
issues/805 ("the ppl stays a high constant value"; rebuilt).
Why it hurts: each weight moves by 0.3 a step; the gates of the GRU are shut or open at once, and stay so.
"""

import torch
from torch import nn

from programs.data_n import shanties

FAMILY = "shanties-lm"
ACCEPT = ("lr-too-high",)
SYMPTOMS = ("high-flat", "oscillating", "spiking", "diverging", "plateau")


class RNNModel(nn.Module):
    """Container module with an encoder, a recurrent module, and a decoder."""

    def __init__(self, ntoken, ninp, nhid):
        super().__init__()
        self.encoder = nn.Embedding(ntoken, ninp)
        self.rnn = nn.GRU(ninp, nhid)
        self.decoder = nn.Linear(nhid, ntoken)

    def forward(self, input, hidden):
        output, hidden = self.rnn(self.encoder(input), hidden)
        return self.decoder(output), hidden


def batchify(data, bsz):
    nbatch = data.size(0) // bsz
    return data[: nbatch * bsz].view(bsz, -1).t().contiguous()


def get_batch(source, i, bptt=16):
    seq_len = min(bptt, len(source) - 1 - i)
    return source[i : i + seq_len], source[i + 1 : i + 1 + seq_len].reshape(-1)


def build(seed, fixed=False, lr=0.3):
    torch.manual_seed(seed)
    model = RNNModel(60, 24, 64)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=0.005 if fixed else lr),
                loss_fn=nn.CrossEntropyLoss(), train=batchify(shanties(24000, seed), 20),
                val=batchify(shanties(4000, seed + 500), 20), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, criterion, source, n = setup["model"], setup["loss_fn"], setup["train"], 0
    for _epoch in range(5):
        hidden = None
        for i in range(0, source.size(0) - 1, 16):
            data, targets = get_batch(source, i)
            if hidden is not None:
                hidden = hidden.detach()
            setup["optimizer"].zero_grad()
            output, hidden = model(data, hidden)
            loss = criterion(output.flatten(0, 1), targets)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 0.5)
            setup["optimizer"].step()
            log(loss.item())
            n += 1
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    data, targets = get_batch(setup["val"], 0, bptt=10**6)
    return setup["loss_fn"](setup["model"](data, None)[0].flatten(0, 1), targets).item()
