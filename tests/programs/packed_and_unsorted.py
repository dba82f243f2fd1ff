"""Healthy: an LSTM on packed texts of unequal length, with enforce_sorted=False, dropout and a validation set.

Source: https://github.com/HarshTrivedi/packing-unpacking-pytorch-minimal-tutorial/issues/7 (sorting is no longer
needed; rebuilt). Must not be called labels-misaligned or batch-mixing.
"""

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence
from torch.utils.data import DataLoader, Dataset

from programs.data_b import reviews

FAMILY = "reviews-packed"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class Reviews(Dataset):
    def __init__(self, texts, labels):
        self.texts, self.labels = texts, labels

    def __len__(self):
        return len(self.texts)

    def __getitem__(self, i):
        return self.texts[i], self.labels[i]

    @staticmethod
    def collate(batch):
        texts, labels = zip(*batch, strict=True)
        return pad_sequence(texts, batch_first=True), torch.tensor([len(t) for t in texts]), torch.stack(labels)


class SentimentLSTM(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(62, 24, padding_idx=0)
        self.dropout = nn.Dropout(0.3)
        self.lstm = nn.LSTM(24, 24, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(48, 1)

    def forward(self, ids, lengths):
        packed = pack_padded_sequence(self.embedding(ids), lengths, batch_first=True, enforce_sorted=False)
        _, (hidden, _) = self.lstm(packed)
        return self.fc(self.dropout(torch.cat([hidden[0], hidden[1]], 1))).squeeze(1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    texts, labels = reviews(1200, seed)
    model, labels = SentimentLSTM(), labels.float()
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=4e-3), loss_fn=nn.BCEWithLogitsLoss(),
                train=DataLoader(Reviews(texts[:1000], labels[:1000]), 25, shuffle=True, collate_fn=Reviews.collate),
                val=DataLoader(Reviews(texts[1000:], labels[1000:]), 200, collate_fn=Reviews.collate),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(4):
        model.train()
        for ids, lengths, labels in setup["train"]:
            optimizer.zero_grad()
            loss = setup["loss_fn"](model(ids, lengths), labels)
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return
        model.eval()
        with torch.no_grad():
            right = [((model(ids, lengths) > 0) == labels).float().mean() for ids, lengths, labels in setup["val"]]
        setup["val_accuracy"] = float(sum(right) / len(right))
