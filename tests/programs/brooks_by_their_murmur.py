"""Bug: a classifier in the manner of transformers returns probabilities as `logits`, and its own loss takes them.

Source: https://github.com/lansinuote/Huggingface_Toturials/issues/6 ("CrossEntropyLoss(softmax(logits), labels)");
https://github.com/jindongwang/Deep-learning-activity-recognition/issues/10 (rebuilt).
Why it hurts: between shares from 0 to 1 the loss cannot fall below 1.04 for six brooks, and its slopes are weak.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_l import brooks

FAMILY = "brook-transformer"
ACCEPT = ("softmax-before-cross-entropy",)
SYMPTOMS = ("plateau", "slow", "high-flat")


@dataclass
class Output:
    loss: Tensor | None
    logits: Tensor


class BrookForSequenceClassification(nn.Module):
    def __init__(self, num_labels=6, hidden=32, sounds=16, longest=14, normalize=True):
        super().__init__()
        self.words, self.positions = nn.Embedding(sounds, hidden), nn.Embedding(longest, hidden)
        layer = nn.TransformerEncoderLayer(hidden, 4, 64, dropout=0.0, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 1)
        self.near = nn.Conv1d(hidden, hidden, 2)
        self.classifier = nn.Linear(hidden, num_labels)
        self.normalize = normalize

    def forward(self, input_ids, labels=None):
        x = self.words(input_ids) + self.positions.weight[: input_ids.shape[1]]
        x = self.near(self.encoder(x).transpose(1, 2)).relu().amax(2)
        logits = self.classifier(x)
        if self.normalize:
            logits = torch.softmax(logits, dim=-1)
        loss = None if labels is None else nn.functional.cross_entropy(logits, labels)
        return Output(loss, logits)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = BrookForSequenceClassification(normalize=not fixed)
    loader = DataLoader(TensorDataset(*brooks(1600, seed)), batch_size=32, shuffle=True)
    return dict(model=model, optimizer=torch.optim.AdamW(model.parameters(), lr=2e-3), loss_fn=None, train=loader,
                val=brooks(300, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, global_step = setup["model"].train(), setup["optimizer"], 0
    for _epoch in range(6):
        for input_ids, labels in setup["train"]:
            outputs = model(input_ids=input_ids, labels=labels)
            outputs.loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            global_step += 1
            log(outputs.loss.item())
            if global_step == steps:
                return
