"""Bug: an LSTM's forward ends with a softmax, and its outputs go to nn.CrossEntropyLoss.

Source: https://github.com/sugi-chan/custom_bert_pipeline/issues/1 ("the loss has a softmax built-in");
https://github.com/lansinuote/Huggingface_Toturials/issues/6 (a softmax in forward, then CrossEntropyLoss; rebuilt).
Why it hurts: numbers between 0 and 1 are read as logits; the loss cannot fall below 0.74 for four kinds.
"""

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_i import tickets

FAMILY = "tickets-lstm"
ACCEPT = ("softmax-before-cross-entropy",)
SYMPTOMS = ("plateau", "slow", "high-flat")


class TicketLSTM(nn.Module):
    def __init__(self, vocab=64, embed_dim=24, hidden_dim=32, n_classes=4, as_shares=True):
        super().__init__()
        self.embedding = nn.Embedding(vocab, embed_dim, padding_idx=0)
        self.lstm = nn.LSTM(embed_dim, hidden_dim, batch_first=True, bidirectional=True)
        self.dense = nn.Linear(2 * hidden_dim, n_classes)
        self.act = nn.Softmax(dim=1) if as_shares else nn.Identity()

    def forward(self, text):
        packed, _ = self.lstm(self.embedding(text))
        pooled = torch.max(packed, 1).values
        return self.act(self.dense(pooled))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = TicketLSTM(as_shares=not fixed)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=2e-3), loss_fn=nn.CrossEntropyLoss(),
                train=DataLoader(TensorDataset(*tickets(1500, seed)), batch_size=50, shuffle=True), val=None,
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    seen = 0
    for _ in range(8):
        for text, label in setup["train"]:
            setup["optimizer"].zero_grad()
            predictions = setup["model"](text)
            loss = setup["loss_fn"](predictions, label)
            loss.backward()
            setup["optimizer"].step()
            seen += 1
            log(loss.item())
            if seen == steps:
                return
