"""Bug: the texts lie in one folder a class, are read in that order, and the loader does not shuffle.

Source: https://github.com/Deci-AI/super-gradients/issues/416 (shuffle=False makes the net see a single class only,
"which quickly throws it out of the minima") and https://github.com/zalandoresearch/fashion-mnist/pull/5 (rebuilt).
Why it hurts: for many batches there is one right answer; the net learns to give it, and then the next class begins.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_b import padded, reviews

FAMILY = "reviews-cnn"
ACCEPT = ("data-not-shuffled",)
SYMPTOMS = ("oscillating", "spiking")


class Folders(Dataset):
    def __init__(self, seed, classes):
        texts, labels = reviews(1000, seed, classes=classes)
        self.items = []
        for name in range(classes):
            folder = [text for text, label in zip(texts, labels.tolist(), strict=True) if label == name]
            self.items += [(text, name) for text in folder]

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        text, label = self.items[i]
        return padded([text], 24)[0], label


class TextCNN(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.emb = nn.Embedding(62, 24, padding_idx=0)
        self.convs = nn.ModuleList(nn.Conv1d(24, 16, k, padding=k // 2) for k in (1, 3, 5))
        self.fc = nn.Linear(48, classes)

    def forward(self, ids):
        x = self.emb(ids).transpose(1, 2)
        return self.fc(torch.cat([torch.relu(conv(x)).amax(2) for conv in self.convs], 1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = TextCNN(4)
    loader = DataLoader(Folders(seed, 4), batch_size=20, shuffle=fixed)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=3e-3), loss_fn=nn.CrossEntropyLoss(),
                train=loader, val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(5):
        for ids, labels in setup["train"]:
            loss = setup["loss_fn"](model(ids), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """The loss over all texts."""
    batches = [setup["loss_fn"](setup["model"](ids), labels) for ids, labels in setup["train"]]
    return float(torch.stack(batches).mean())
