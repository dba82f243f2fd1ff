"""Bug: running_loss is set to zero before the first epoch only, and is divided by the batches of one epoch.

Source: https://github.com/xuebinqin/BASNet/issues/26 (the reset of running_loss is commented out; "it affects to the
loss value"; rebuilt).
Why it hurts: the number that is reported grows in every step, while the model learns well.
"""

import torch
from torch import nn

from programs.data_f import questions

FAMILY = "readers-running"
ACCEPT = ("loss-misreported",)
SYMPTOMS = ("diverging",)


class BagOfWords(nn.Module):
    def __init__(self, topics=3):
        super().__init__()
        self.bag = nn.EmbeddingBag(50, 16, mode="mean")
        self.out = nn.Sequential(nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, topics))

    def forward(self, words, offsets):
        return self.out(self.bag(words, offsets))


def bags(texts, topics, size=25):
    """Batches of the words in one row, of where each text begins, and of the topics."""
    for i in range(0, len(texts), size):
        chosen = texts[i : i + size]
        starts = [0]
        for text in chosen[:-1]:
            starts.append(starts[-1] + len(text))
        yield torch.tensor([word for text in chosen for word in text]), torch.tensor(starts), topics[i : i + size]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = BagOfWords()
    loader = list(bags(*questions(1000, seed)))
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=4e-3), loss_fn=nn.CrossEntropyLoss(),
                train=loader, val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    net, optimizer, criterion, trainloader = setup["model"], setup["optimizer"], setup["loss_fn"], setup["train"]
    running_loss, n = 0.0, 0
    for _epoch in range(6):
        for words, offsets, topics in trainloader:
            optimizer.zero_grad()
            outputs = net(words, offsets)
            loss = criterion(outputs, topics)
            loss.backward()
            optimizer.step()
            running_loss += loss.item()
            log(loss.item() if setup["fixed"] else running_loss / len(trainloader))
            n += 1
            if n == steps:
                return
