"""The symptoms of a training curve: codes, each with the sentence that the reader sees."""

from __future__ import annotations

SYMPTOMS: dict[str, str] = {
    "high-flat": "The loss starts high and stays flat: the model learns nothing.",
    "oscillating": "The loss swings up and down without getting lower.",
    "diverging": "The loss grows beyond where it began.",
    "plateau": "The loss falls at first and then stops, well above where it could be.",
    "non-finite": "The loss became NaN or infinite.",
    "overfitting": "The training loss falls while the loss on held-out data does not.",
    "slow": "The loss falls, but far too slowly.",
    "spiking": "The loss falls, with sudden spikes from which it recovers.",
    "healthy": "The loss falls as it should.",
}  #: code -> sentence; every verdict on a run is one of these nine
