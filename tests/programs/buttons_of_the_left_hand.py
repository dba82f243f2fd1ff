"""Bug: ExponentialLR with gamma 0.95, meant for epochs, is stepped after each batch.

Source: the page of runebook.dev on torch.optim.lr_scheduler.LRScheduler.step ("You call scheduler.step() once per batch
(iteration) when you meant to call it once per epoch"; rebuilt).
Why it hurts: after a hundred batches the rate is a two-hundredth of what it was; most of the training does nothing.
"""

import torch
from torch import nn
from torch.optim.lr_scheduler import ExponentialLR

from programs.data_t import bass_lines

FAMILY = "basspattern-gru"
ACCEPT = ("schedule-decays-too-early", "lr-too-low")
SYMPTOMS = ("plateau", "slow")


class BassLM(nn.Module):
    def __init__(self, vocab=14, dim=16, hidden=48):
        super().__init__()
        self.emb = nn.Embedding(vocab, dim)
        self.gru = nn.GRU(dim, hidden, batch_first=True)
        self.out = nn.Linear(hidden, vocab)

    def forward(self, tokens):
        h, _ = self.gru(self.emb(tokens))
        return self.out(h)

    def loss(self, tokens):
        logits = self(tokens[:, :-1])
        return nn.functional.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())


class Trainer:
    def __init__(self, model, optimizer, scheduler, per_batch):
        self.model, self.optimizer, self.scheduler, self.per_batch = model, optimizer, scheduler, per_batch

    def training_step(self, batch):
        loss = self.model.loss(batch)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        if self.per_batch:
            self.scheduler.step()
        return loss

    def on_epoch_end(self):
        if not self.per_batch:
            self.scheduler.step()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = BassLM()
    optimizer = torch.optim.Adam(model.parameters(), lr=8e-3)
    trainer = Trainer(model, optimizer, ExponentialLR(optimizer, gamma=0.95), per_batch=not fixed)
    return dict(model=model, optimizer=optimizer, loss_fn=None, trainer=trainer, train=bass_lines(1440, seed),
                val=bass_lines(300, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    trainer, lines, n = setup["trainer"], setup["train"], 0
    for _epoch in range(10):
        for batch in lines[torch.randperm(len(lines))].split(32):
            log(trainer.training_step(batch))
            n += 1
            if n == steps:
                return
        trainer.on_epoch_end()


@torch.no_grad()
def error(setup):
    return setup["model"].loss(setup["val"]).item()
