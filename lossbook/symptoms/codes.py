"""The codes of all symptoms, and the verdict that names one."""

from __future__ import annotations

from dataclasses import dataclass

SYMPTOMS: dict[str, str] = {
    "high-flat": "The loss starts high and stays flat: the model learns nothing.",
    "oscillating": "The loss swings up and down without getting lower.",
    "diverging": "The loss grows beyond where it began.",
    "plateau": "The loss falls at first and then stops, well above where it could be.",
    "non-finite": "The loss became NaN or infinite.",
    "overfitting": "The training loss falls while the loss on held-out data does not.",
    "slow": "The loss falls, but far too slowly.",
    "spiking": "The loss falls, with sudden spikes from which it recovers.",
    "too-good": "The loss is lower than it can honestly be.",
    "healthy": "The loss falls as it should.",
}  #: code -> sentence; every verdict on a run is one of these ten

#: verdicts that are no symptoms, with their sentences
NO_SYMPTOM = {"too-short": "The curve is too short to judge."}


@dataclass(frozen=True)
class Verdict:
    """The verdict of :func:`symptom_of` on a run."""

    code: str  #: a key of ``SYMPTOMS``, or of ``NO_SYMPTOM``
    fields: tuple[str, ...]  #: the fields of the history that decided
    reading: str  #: the numbers that decided, in one line

    @property
    def sentence(self) -> str:
        """The code in words."""
        return (SYMPTOMS | NO_SYMPTOM)[self.code]

    def __str__(self) -> str:
        return f"{self.code}: {self.sentence} ({', '.join(self.fields)}: {self.reading})"
