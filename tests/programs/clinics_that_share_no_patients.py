"""Healthy: federated averaging; in each round three clinics train a copy for some steps, and the copies are averaged.

Source: https://github.com/TsingZ0/PFLlib/issues/58 (with few classes a client the loss "converges slowly, jitters
violently"; with even data it does not; rebuilt).
Why it looks ill: the loss falls within a clinic and jumps up at the next one, round after round.
"""

import copy
import random

import torch
from torch import nn

from programs.data_m import clinics

FAMILY = "fedavg-clinics"
ACCEPT = ()
SYMPTOMS = ("healthy", "oscillating", "spiking")

ROUNDS, CLIENTS_A_ROUND, LOCAL_STEPS = 30, 3, 4


class Server:
    def __init__(self, model, clients, seed):
        self.model, self.clients, self.random = model, clients, random.Random(seed)
        self.optimizer = torch.optim.SGD(model.parameters(), lr=0.05)

    def local(self, start, data):
        """Trains the one model from the given weights on; yields losses."""
        self.model.load_state_dict(start)
        x, y = data
        for rows in torch.randperm(len(x)).split(40)[:LOCAL_STEPS]:
            loss = nn.functional.cross_entropy(self.model(x[rows]), y[rows])
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            yield loss.item()

    def rounds(self):
        for _ in range(ROUNDS):
            start, ends = copy.deepcopy(self.model.state_dict()), []
            for data in self.random.sample(self.clients, CLIENTS_A_ROUND):
                yield from self.local(start, data)
                ends.append(copy.deepcopy(self.model.state_dict()))
            self.model.load_state_dict({k: torch.stack([e[k] for e in ends]).mean(0) for k in start})


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 5))
    server = Server(model, clinics(10, 200, seed), seed)
    return dict(model=model, optimizer=server.optimizer, loss_fn=nn.CrossEntropyLoss(), train=server.clients, val=None,
                server=server, test=clinics(10, 60, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    for n, loss in enumerate(setup["server"].rounds(), 1):
        log(loss)
        if n == steps:
            return


@torch.no_grad()
def error(setup):
    wrong = [(setup["model"](x).argmax(1) != y).float().mean().item() for x, y in setup["test"]]
    return sum(wrong) / len(wrong)
