"""A chapter's notebook in a kernel: what a stopped run and a failed check do, and how results are tabled."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from jupyter_client.manager import KernelManager

from lossbook import plotting
from lossbook.progress import ended_well

RUN = """from lossbook import Experiment, data, losses, models, optim, run
base = Experiment(data.Digits(train_size=200), models.MLP(), losses.SoftmaxCrossEntropy(), optim.SGD(), steps=10**7)
run(base, progress=False, on_step=lambda step: print("trains") if step.number == 5 else None)"""


@pytest.fixture(scope="module")
def kernel() -> Iterator[Any]:
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(env={**os.environ, "LOSSBOOK_FACE": ""})
    client = manager.blocking_client()
    client.start_channels()
    client.wait_for_ready(timeout=120)
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def executed(client: Any, source: str, press: Callable[[], None] = lambda: None) -> tuple[str, str]:
    """Status of the reply, and all that the cell printed or raised; once it trains, ``press`` is called."""
    told: list[str] = []

    def hook(message: Any) -> None:
        content = message["content"]
        told.extend(content.get("traceback", []) or [content.get("text", "")])
        if "trains" in content.get("text", ""):
            press()

    reply = client.execute_interactive(source, output_hook=hook, timeout=300, allow_stdin=False)
    return reply["content"]["status"], "\n".join(told)


def test_a_run_that_is_stopped_in_a_notebook_stops_run_all_and_keeps_its_history(kernel: Any) -> None:
    manager, client = kernel
    executed(client, "import lossbook, torch")

    status, told = executed(client, RUN, lambda: os.kill(manager.provisioner.pid, signal.SIGINT))
    assert status == "error"
    assert "the training was stopped, so no further cell is run" in told
    status, told = executed(client, "import sys; h = sys.last_value.recorded; print(h.interrupted, len(h.loss) > 0)")
    assert told.strip() == "True True"


def test_a_failed_check_says_what_it_checks_and_that_a_change_is_fine(kernel: Any) -> None:
    _, client = kernel
    assert executed(client, "from lossbook.chapters import begin\nbegin()")[0] == "ok"
    status, told = executed(client, "# checked: two is more than three\nassert 2 > 3")
    assert status == "error"
    assert "AssertionError" in told
    assert "This cell checks what the page says: two is more than three. It holds for" in told


def test_a_table_stands_in_72_columns_and_escapes_its_words() -> None:
    long = plotting.table(
        {"cause": ["many words " * 30, "<b>"], "share": [0.5, float("inf")]}, formats={"share": ".0%"}
    )
    assert max(map(len, repr(long).splitlines())) <= 72
    assert "50%" in repr(long)
    html = long._repr_html_()
    assert "&lt;b&gt;" in html
    assert "∞" in html


@pytest.mark.parametrize(
    ("columns", "formats", "message"),
    [
        ({}, None, r"columns must be of one length, got \[\]"),
        ({"a": [1], "b": []}, None, r"columns must be of one length, got \[1, 0\]"),
        ({"a": [1]}, {"b": ".2f"}, "formats must name columns, a, got b"),
    ],
)
def test_a_table_of_what_is_none_is_refused(columns: Any, formats: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        plotting.table(columns, formats=formats)


def test_a_bar_that_ended_well_short_of_its_total_is_not_painted_as_a_failure() -> None:
    notebook = pytest.importorskip("tqdm.notebook")
    for well, style in ((False, "danger"), (True, "")):
        with notebook.tqdm(total=5, leave=False, display=False) as bar:
            bar.update(3)
            if well:
                ended_well(bar)
        assert bar.container.children[1].bar_style == style
