"""Bug: nine tenths are dropped, of the words' vectors and once more of the hidden units.

Source: https://github.com/AFAgarap/malware-classification/issues/37 ("The dropout rate used in the work seems way too
high (0.85) [...] Wouldn't 0.5 do just fine?"); https://github.com/vlfeat/matconvnet/issues/648 (rebuilt).
Why it hurts: what is left of a telegram in training seldom says where it goes.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_n import telegrams

FAMILY = "telegrams-words"
ACCEPT = ("dropout-too-high",)
SYMPTOMS = ("high-flat", "slow", "plateau")


class TelegramCNN(nn.Module):
    def __init__(self, vocab=80, dim=24, filters=24, drop_prob=0.9):
        super().__init__()
        self.embedding = nn.Embedding(vocab, dim)
        self.convs = nn.ModuleList([nn.Conv1d(dim, filters, k) for k in (1, 2)])
        self.dropout = nn.Dropout(drop_prob)
        self.hidden = nn.Linear(2 * filters, 32)
        self.fc = nn.Linear(32, 4)

    def forward(self, words):
        x = self.dropout(self.embedding(words)).transpose(1, 2)
        x = torch.cat([torch.relu(conv(x)).mean(2) for conv in self.convs], dim=1)
        return self.fc(self.dropout(torch.relu(self.hidden(x))))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = TelegramCNN(drop_prob=0.1) if fixed else TelegramCNN()
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=2e-3), loss_fn=nn.CrossEntropyLoss(),
                train=DataLoader(TensorDataset(*telegrams(1920, seed)), batch_size=32, shuffle=True),
                val=DataLoader(TensorDataset(*telegrams(400, seed + 500)), batch_size=200), fixed=fixed)  # fmt: skip


def evaluate(model, loader, criterion):
    model.eval()
    with torch.no_grad():
        losses = [criterion(model(words), office).item() for words, office in loader]
    model.train()
    return sum(losses) / len(losses)


def train(setup, log, steps=None):
    model, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    n = 0
    for _epoch in range(6):
        for words, office in setup["train"]:
            optimizer.zero_grad()
            loss = criterion(model(words), office)
            loss.backward()
            optimizer.step()
            n += 1
            extra = {"val_loss": evaluate(model, setup["val"], criterion)} if n % 60 == 0 else {}
            log(loss.item(), **extra)
            if n == steps:
                return


def error(setup):
    return evaluate(setup["model"], setup["val"], setup["loss_fn"])
