"""The sections of the book that are written; a cause may name one that is planned."""

from __future__ import annotations

#: section -> the name of its page in ``notebooks/``
WRITTEN = {
    "1.1": "01_1_symptoms",
    "1.2": "01_2_cost",
    "1.3": "01_3_repair",
    "2.1": "02_1_losses",
    "2.1.1": "02_1_1_levels",
    "2.1.2": "02_1_2_bugs",
    "2.2": "02_2_optimizers",
    "2.3": "02_3_learning_rate",
    "2.4": "02_4_overfitting",
    "3.1.1": "03_1_1_quality",
    "3.1.2": "03_1_2_preprocessing",
    "3.2.1": "03_2_1_structure",
    "3.2.1.1": "03_2_1_1_signals",
    "3.2.1.2": "03_2_1_2_pretraining",
    "3.2.2": "03_2_2_parameters",
    "3.3.1": "03_3_1_optimizers",
    "3.3.2": "03_3_2_schedules",
    "3.4.1": "03_4_1_dropout",
    "3.4.2": "03_4_2_l1_l2",
    "4.1": "04_1_gradient_descent",
    "4.2": "04_2_adam",
    "4.3": "04_3_l2",
    "5.1": "05_1_data",
    "5.2": "05_2_net",
    "5.3": "05_3_training",
    "5.4": "05_4_evaluation",
    "5.5": "05_5_mend",
    "6.1": "06_1_fine_tuning",
    "6.2": "06_2_generators",
    "6.3": "06_3_reinforcement",
}
