"""Bug: the rate in the config is 2e-6, meant for the fine-tuning of a large model; this GRU begins from nothing.

Source: https://github.com/thtrieu/darkflow/issues/1120 ("It stays 3.0~4.0 [...] I used option --lr 1e-06"; rebuilt).
Why it hurts: after all its steps the weights are where they were.
"""

from dataclasses import dataclass

import torch
from torch import nn

from programs.data_m import brackets

FAMILY = "brackets-depth"
ACCEPT = ("lr-too-low",)
SYMPTOMS = ("high-flat", "slow", "plateau")


@dataclass
class Config:
    vocabulary: int = 5
    embedding: int = 12
    hidden: int = 48
    depths: int = 5
    batch: int = 50
    epochs: int = 8
    learning_rate: float = 2e-6
    clip: float = 1.0


class DepthReader(nn.Module):
    def __init__(self, c: Config):
        super().__init__()
        self.embed = nn.Embedding(c.vocabulary, c.embedding)
        self.gru = nn.GRU(c.embedding, c.hidden, batch_first=True)
        self.classify = nn.Linear(c.hidden, c.depths)

    def forward(self, ids):
        states, _ = self.gru(self.embed(ids))
        return self.classify(states.amax(1))


class Trainer:
    def __init__(self, config, rows, depth, log=lambda value: None):
        self.config, self.rows, self.depth = config, rows, depth
        self.model = DepthReader(config)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=config.learning_rate)
        self.criterion = nn.CrossEntropyLoss()

    def batches(self):
        for _ in range(self.config.epochs):
            yield from torch.randperm(len(self.rows)).split(self.config.batch)

    def step(self, index):
        loss = self.criterion(self.model(self.rows[index]), self.depth[index])
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), self.config.clip)
        self.optimizer.step()
        return loss.item()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    config = Config(learning_rate=4e-3) if fixed else Config()
    trainer = Trainer(config, *brackets(1500, seed))
    return dict(model=trainer.model, optimizer=trainer.optimizer, loss_fn=trainer.criterion,
                train=(trainer.rows, trainer.depth), val=None, trainer=trainer, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    trainer = setup["trainer"]
    for n, index in enumerate(trainer.batches(), 1):
        log(trainer.step(index))
        if n == steps:
            return
