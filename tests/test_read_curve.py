"""The readers of logs: what each format holds, what is wrong with a file, and that no text breaks them."""

from __future__ import annotations

import numpy as np
import pytest
from curve_files import LOGS

from lossbook import read_curve
from lossbook.recorded import FORMATS


@pytest.mark.parametrize("name", LOGS)
def test_the_losses_of_each_program_are_read(name: str, tmp_path) -> None:
    log = LOGS[name]
    (tmp_path / "log").write_bytes(log.content)
    curve = read_curve(tmp_path / "log")
    assert curve.notes[0] == f"read as {FORMATS[log.kind].title}"
    np.testing.assert_allclose(curve.loss, log.loss, rtol=1e-3, err_msg=str(curve.notes))
    np.testing.assert_allclose(curve.val_loss, log.val, rtol=1e-3, err_msg=str(curve.notes))
    if log.step is not None:
        np.testing.assert_array_equal(curve.step, log.step)
    assert (np.diff(curve.step) > 0).all()
    assert ((curve.val_step >= curve.step[0]) & (curve.val_step <= curve.step[-1])).all()
