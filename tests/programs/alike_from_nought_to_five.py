"""Bug: the head for one number gives (N, 1), the scores are (N,), and the loss takes all the differences there are.

Source: https://github.com/deepset-ai/FARM/issues/229 ("the logits were squeezed and therefore didn't match the current
implementation of labels"; rebuilt, with the mean of squares written out).
Why it hurts: each prediction is compared with every score of the batch, so the mean score is the best answer.
"""

from types import SimpleNamespace

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_h import pairs_of_sentences

FAMILY = "sts-encoder"
ACCEPT = ("broadcast-loss",)
SYMPTOMS = ("plateau", "high-flat")


class StsDataset(Dataset):
    def __init__(self, n, seed):
        self.a, self.b, self.score = pairs_of_sentences(n, seed)

    def __len__(self):
        return len(self.a)

    def __getitem__(self, i):
        return {"first_ids": self.a[i], "second_ids": self.b[i], "labels": self.score[i]}


class EncoderForRegression(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        self.words = nn.Embedding(41, config.dim)
        self.encode = nn.Sequential(nn.Linear(config.dim, config.dim), nn.GELU(), nn.Linear(config.dim, config.dim))
        self.head = nn.Sequential(nn.Linear(3 * config.dim, 64), nn.GELU(), nn.Linear(64, config.num_labels))

    def forward(self, first_ids, second_ids, labels=None):
        u, v = self.encode(self.words(first_ids)).mean(1), self.encode(self.words(second_ids)).mean(1)
        logits = self.head(torch.cat([u * v * 9, (u - v).abs() * 3, u + v], 1))
        loss = None
        if labels is not None:
            scores = logits.view(-1) if self.config.flatten else logits
            loss = (scores - labels).pow(2).mean()
        return SimpleNamespace(loss=loss, logits=logits)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = EncoderForRegression(SimpleNamespace(dim=40, num_labels=1, flatten=fixed))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    loader = DataLoader(StsDataset(2560, seed), batch_size=64, shuffle=True)
    return dict(model=model, optimizer=optimizer, loss_fn=None, train=loader, val=None,
                test=pairs_of_sentences(500, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(8):
        for batch in setup["train"]:
            outputs = model(**batch)
            outputs.loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            n += 1
            log(outputs.loss)
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    a, b, score = setup["test"]
    return (setup["model"](a, b).logits[:, 0] - score).square().mean().item()
