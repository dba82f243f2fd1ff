"""The symptoms of a run: ten codes, each with the sentence that the reader sees, and the function that chooses one."""

from lossbook.symptoms.codes import NO_SYMPTOM, SYMPTOMS, Verdict
from lossbook.symptoms.of_history import symptom_of
from lossbook.symptoms.thresholds import LEAST_LOOKS, THRESHOLDS, Thresholds

__all__ = ["LEAST_LOOKS", "NO_SYMPTOM", "SYMPTOMS", "THRESHOLDS", "Thresholds", "Verdict", "symptom_of"]
