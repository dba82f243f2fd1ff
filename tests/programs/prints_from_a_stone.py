"""Bug: Adam with weight_decay=0.1 (in Adam an L2 penalty), meant to keep the VAE from learning by heart.

Source: https://github.com/BVLC/caffe/issues/1396 ("if the weight_decay is large (like 0.5), all the weight will
eventually becomes zero in my case"; rebuilt). Why it hurts: the pull to zero outweighs the gradient of the likelihood;
the code dies away, and every print becomes the mean print.
"""

import torch
import torch.nn as nn

from programs.data_q import lithographs

FAMILY = "lithographs-ae"
ACCEPT = ("weight-decay-too-strong",)
SYMPTOMS = ("high-flat", "plateau", "slow")


class VAE(nn.Module):
    def __init__(self, pixels=144, code=8):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(pixels, 96), nn.LeakyReLU(0.1))
        self.to_mu, self.to_logvar = nn.Linear(96, code), nn.Linear(96, code)
        self.decoder = nn.Sequential(nn.Linear(code, 96), nn.LeakyReLU(0.1), nn.Linear(96, pixels))

    def forward(self, x):
        h = self.encoder(x)
        mu, logvar = self.to_mu(h), self.to_logvar(h)
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        return self.decoder(z), mu, logvar


def negative_elbo(model, x, sigma=0.1):
    """In nats a pixel, without the constant."""
    out, mu, logvar = model(x)
    nll = 0.5 * ((out - x) / sigma).pow(2).sum(1)
    kl = -0.5 * (1 + logvar - mu.pow(2) - logvar.exp()).sum(1)
    return (nll + kl).mean() / x.shape[1]


class Trainer:
    def __init__(self, model, weight_decay):
        self.model = model
        self.optimizer = torch.optim.Adam(model.parameters(), lr=2e-3, weight_decay=weight_decay)

    def training_step(self, batch):
        self.optimizer.zero_grad()
        loss = negative_elbo(self.model, batch)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    @torch.no_grad()
    def validate(self, prints):
        return negative_elbo(self.model, prints).item()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    trainer = Trainer(VAE(), weight_decay=1e-6 if fixed else 0.1)
    return dict(model=trainer.model, optimizer=trainer.optimizer, loss_fn=None, trainer=trainer,
                train=lithographs(2000, seed) - 0.5, val=lithographs(400, seed + 500) - 0.5, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    trainer, prints, done = setup["trainer"], setup["train"], 0
    for _epoch in range(14):
        for ids in torch.randperm(len(prints)).chunk(50):
            loss = trainer.training_step(prints[ids])
            log(loss, **({"val_loss": trainer.validate(setup["val"])} if done % 50 == 49 else {}))
            done += 1
            if done == steps:
                return


def error(setup):
    return setup["trainer"].validate(setup["val"])
