"""Healthy: float16 under autocast; the scaler doubles its scale every ten steps, so that now and then a step is
skipped.

Source: https://github.com/LEEYOONHYUNG/BVAE-TTS/issues/3 ("Gradient overflow. Skipping step": no sign of a failure)
and https://github.com/huggingface/accelerate/issues/1714 (how the scale grows and falls; rebuilt). Must not be called
low-precision, exploding-gradients, parameters-not-optimized or gradients-cleared-early.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_b import demand, windows

FAMILY = "demand-scaler"
ACCEPT = ()
SYMPTOMS = ("healthy",)


def forecaster(past, hidden=64):
    return nn.Sequential(
        nn.Flatten(), nn.Linear(past, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 4)
    )


def build(seed, fixed=False):
    torch.manual_seed(seed)
    past, following = windows(demand(1500, seed), 48, ahead=4)
    model = forecaster(48)
    return dict(
        model=model,
        optimizer=torch.optim.AdamW(model.parameters(), lr=2e-3),
        scaler=torch.amp.GradScaler("cpu", init_scale=2.0**16, growth_interval=10),
        loss_fn=nn.SmoothL1Loss(),
        train=DataLoader(TensorDataset(past[:1280], following[:1280]), batch_size=32, shuffle=True),
        val=(past[1280:], following[1280:]),
        fixed=fixed,
    )


def train(setup, log, steps=None):
    model, optimizer, scaler, n = setup["model"], setup["optimizer"], setup["scaler"], 0
    for epoch in range(6):
        for past, following in setup["train"]:
            optimizer.zero_grad(set_to_none=True)
            with torch.autocast("cpu", dtype=torch.float16):
                loss = setup["loss_fn"](model(past), following)
            scaler.scale(loss).backward()
            scaler.unscale_(optimizer)
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            scaler.step(optimizer)
            scaler.update()
            n += 1
            log(loss.item())
            if n == steps:
                return
        with torch.no_grad():
            held = setup["loss_fn"](model(setup["val"][0]), setup["val"][1]).item()
        setup["said"] = f"epoch {epoch}: held-out {held:.3f}, scale {scaler.get_scale():.0f}"
