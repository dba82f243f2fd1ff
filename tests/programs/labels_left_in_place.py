"""Bug: the batch is sorted by length for pack_padded_sequence, its labels are not.

Source: https://github.com/pytorch/pytorch/issues/4927 and https://github.com/pytorch/pytorch/issues/3584 ("you'd
still have to manually sort all other tensors in a batch"; rebuilt).
Why it hurts: within each batch texts and labels no longer belong together; only the mean of the labels can be learnt.
"""

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence
from torch.utils.data import DataLoader

from programs.data_b import reviews

FAMILY = "reviews-gru"
ACCEPT = ("labels-misaligned", "noisy-labels")
SYMPTOMS = ("high-flat",)


class Classifier(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.embedding = nn.Embedding(62, 24, padding_idx=0)
        self.gru = nn.GRU(24, 32, batch_first=True)
        self.out = nn.Linear(32, classes)

    def forward(self, tokens, lengths):
        packed = pack_padded_sequence(self.embedding(tokens), lengths, batch_first=True)
        _, hidden = self.gru(packed)
        return self.out(hidden[-1])


def make_collate(sort_labels):
    def collate(batch):
        texts = [text for text, _ in batch]
        labels = torch.tensor([label for _, label in batch])
        lengths = torch.tensor([len(text) for text in texts])
        lengths, order = lengths.sort(descending=True)
        tokens = pad_sequence(texts, batch_first=True)[order]
        if sort_labels:
            labels = labels[order]
        return tokens, lengths, labels

    return collate


def build(seed, fixed=False):
    torch.manual_seed(seed)
    texts, labels = reviews(1280, seed, classes=4)
    model = Classifier(4)
    train = DataLoader(list(zip(texts, labels.tolist(), strict=True)), batch_size=32, shuffle=True,
                       collate_fn=make_collate(fixed))  # fmt: skip
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=4e-3), loss_fn=nn.CrossEntropyLoss(),
                train=train, val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(4):
        for tokens, lengths, labels in setup["train"]:
            optimizer.zero_grad()
            loss = setup["loss_fn"](model(tokens, lengths), labels)
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return
