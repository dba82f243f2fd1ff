"""Bug: a driver is imitated from raw readings: millimetres in the thousands beside degrees and kilometres an hour.

Source: https://github.com/Unity-Technologies/ml-agents/issues/5583 ("some observations can be much larger than others
(x1000) [...] PPO stopped learning" once they were not normalized; rebuilt).
Why it hurts: the tanh units of the first layer stand at their ends for every reading.
"""

import torch
from torch import nn

from programs.data_h import drives

FAMILY = "steering-cloning"
ACCEPT = ("unscaled-inputs", "saturated-activations")
SYMPTOMS = ("plateau", "high-flat", "slow")


class Policy(nn.Module):
    def __init__(self, obs_dim, act_dim, hidden=(64, 64)):
        super().__init__()
        self.l1, self.l2 = nn.Linear(obs_dim, hidden[0]), nn.Linear(*hidden)
        self.mu = nn.Linear(hidden[1], act_dim)

    def forward(self, obs):
        return self.mu(torch.tanh(self.l2(torch.tanh(self.l1(obs)))))


class BC:
    def __init__(self, demos, lr=3e-3, batch_size=64):
        self.obs, self.acts = demos
        self.policy = Policy(self.obs.shape[1], 1)
        self.optimizer = torch.optim.Adam(self.policy.parameters(), lr=lr)
        self.batch_size = batch_size

    def loss(self, obs, acts):
        return (self.policy(obs) - acts.unsqueeze(1)).pow(2).mean()

    def train(self, n_batches, on_batch):
        for _ in range(n_batches):
            idx = torch.randperm(len(self.obs))[: self.batch_size]
            loss = self.loss(self.obs[idx], self.acts[idx])
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            on_batch(loss.item())


def build(seed, fixed=False):
    torch.manual_seed(seed)
    (obs, acts), (seen, done) = drives(3000, seed), drives(800, seed + 500)
    if fixed:
        mean, std = obs.mean(0), obs.std(0)
        obs, seen = (obs - mean) / std, (seen - mean) / std
    bc = BC((obs, acts))
    return dict(model=bc.policy, optimizer=bc.optimizer, loss_fn=bc.loss, train=(obs, acts), val=None, bc=bc,
                test=(seen, done), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    setup["bc"].train(400 if steps is None else steps, on_batch=log)


@torch.no_grad()
def error(setup):
    return setup["loss_fn"](*setup["test"]).item()
