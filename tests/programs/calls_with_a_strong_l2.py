"""Bug: one encoder for two tasks is trained with Adam and weight_decay=0.1, "as with AdamW".

Source: https://github.com/huggingface/diffusers/issues/1176 ("word embeddings decays to zero"; rebuilt, in the way of
https://github.com/LiMeng95/MultiPoseNet.pytorch/issues/29, where the two kinds of decay are told apart).
Why it hurts: in Adam the decay is a part of the gradient, and stronger here than that of the loss.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_h import calls

FAMILY = "calls-multitask"
ACCEPT = ("weight-decay-too-strong",)
SYMPTOMS = ("plateau", "high-flat", "slow")


class SharedEncoder(nn.Module):
    def __init__(self, vocab=51, dim=32):
        super().__init__()
        self.table = nn.Embedding(vocab, dim)
        self.conv = nn.Conv1d(dim, 48, 3, padding=1)

    def forward(self, words):
        return torch.tanh(self.conv(self.table(words).mT)).mean(2)


class CallModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = SharedEncoder()
        self.heads = nn.ModuleDict({"intent": nn.Linear(48, 5), "urgency": nn.Linear(48, 1)})

    def forward(self, words):
        shared = self.encoder(words)
        return {name: head(shared) for name, head in self.heads.items()}


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = CallModel()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3, weight_decay=1e-5 if fixed else 0.1)
    losses = {"intent": nn.CrossEntropyLoss(), "urgency": nn.MSELoss()}
    return dict(model=model, optimizer=optimizer, loss_fn=None, losses=losses,
                train=DataLoader(TensorDataset(*calls(2400, seed)), batch_size=48, shuffle=True, drop_last=True),
                val=None, test=calls(600, seed + 500), fixed=fixed)  # fmt: skip


def total(setup, words, intent, urgency):
    out, losses = setup["model"](words), setup["losses"]
    return losses["intent"](out["intent"], intent) + losses["urgency"](out["urgency"].squeeze(1), urgency)


def train(setup, log, steps=None):
    optimizer, n = setup["optimizer"], 0
    for _epoch in range(6):
        for batch in setup["train"]:
            loss = total(setup, *batch)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    return total(setup, *setup["test"]).item()
