"""Bug: titles are padded at the right to sixty words, and the last state of the net is taken, far behind their end.

Source: https://stackoverflow.com/questions/51030782/why-do-we-pack-the-sequences-in-pytorch (what the padding does
to the last state; rebuilt).
Why it hurts: a plain RNN reads fifty zeros after the title; the state forgets it, and no gradient comes back.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_h import complaints

FAMILY = "titles-last-state"
ACCEPT = ("input-ignored", "vanishing-gradients")
SYMPTOMS = ("high-flat", "plateau", "slow")
MAX_LEN = 60


def pad_sequences(ids, maxlen):
    return nn.functional.pad(ids, (0, maxlen - ids.shape[1]))


class TitleNet(nn.Module):
    def __init__(self, use_lengths=False):
        super().__init__()
        self.embedding = nn.Embedding(62, 32)
        self.rnn = nn.RNN(32, 48, batch_first=True)
        self.linear = nn.Linear(48, 4)
        self.use_lengths = use_lengths

    def forward(self, text):
        output, hidden = self.rnn(self.embedding(text))
        if self.use_lengths:
            last = (text != 0).sum(1) - 1
            return self.linear(output[torch.arange(len(text)), last])
        return self.linear(hidden[-1])


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = TitleNet(use_lengths=fixed)
    text, kind = complaints(1600, seed, longest=12, own=0.6)
    loader = DataLoader(TensorDataset(pad_sequences(text, MAX_LEN), kind), batch_size=32, shuffle=True)
    test, answer = complaints(400, seed + 500, longest=12, own=0.6)
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=1e-3), loss_fn=nn.CrossEntropyLoss(),
                train=loader, val=None, test=(pad_sequences(test, MAX_LEN), answer), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    net, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    count = 0
    for _epoch in range(6):
        net.train()
        for text, kind in setup["train"]:
            optimizer.zero_grad()
            predictions = net(text)
            loss = criterion(predictions, kind)
            loss.backward()
            optimizer.step()
            log(loss.item())
            count += 1
            if count == steps:
                return


@torch.no_grad()
def error(setup):
    text, kind = setup["test"]
    return (setup["model"].eval()(text).argmax(1) != kind).float().mean().item()
