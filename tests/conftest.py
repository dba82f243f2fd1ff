"""Shared fixtures: the built book, a browser to read it with, and a JupyterLab."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib.util
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import executed_pages
import lossbook_current
import matplotlib as mpl
import nbformat
import pytest

# for xdist's workers, which start after this: small nets gain nothing from more threads, and workers starve each other;
# and of the memory that large tensors had, glibc keeps 64 MB at hand: not more, as it else comes to do, nor less, as
# memory that is fetched anew costs a page fault for every 4 KB, as much time as the work on it
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MALLOC_MMAP_THRESHOLD_", str(8 * 2**20))
os.environ.setdefault("MALLOC_TRIM_THRESHOLD_", str(64 * 2**20))

pytest.register_assert_rewrite("moved_widgets")  # whose asserts stand in a page's complaints
ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
MOUSE = "--blink-settings=primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--draws", type=int, default=0, help="of moved first weights, in tests/test_edges.py; all rows")


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Iterator[None]:
    """Modules and tests stay until the end: no search for garbage walks over them, neither now nor later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()


GROWN = 100 * 2**20  #: bytes by which a process grows before what it has freed is given back
_trimmed = [0]  # its size when that was done last


@pytest.hookimpl(trylast=True)  # when a test's fixtures have put back what it had replaced
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Let go of a scenario's runs after its last test, and give back what has been freed.

    Thousands of small nets leave holes in glibc's heap, which it keeps: a third of a process, or more.
    """
    if (cases := sys.modules.get("cases")) is not None and _groups(item) != _groups(nextitem):
        cases.forget()
    if sys.platform != "linux" or not hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        return
    if _size() > _trimmed[0] + GROWN:
        gc.collect()
        libc.malloc_trim(0)
        _trimmed[0] = _size()


def _groups(item: pytest.Item | None) -> list[str]:
    """The tests with which it shares a worker."""
    return [] if item is None else [mark.args[0] for mark in item.iter_markers("xdist_group")]


def _size() -> int:
    """The memory of this process, in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(executed_pages)


def each(rows: Iterable[Any]) -> pytest.MarkDecorator:
    """One test per row of a table, named by its key; one worker does all tests of a row, and trains each run once."""
    params = [pytest.param(row, id=row.key, marks=pytest.mark.xdist_group(row.key)) for row in rows]
    return pytest.mark.parametrize("row", params)


def patience(seconds: float = 120.0) -> float:
    """A waiting time that corresponds to so many seconds on an idle machine: longer if others use the cores now.

    It is measured at every call: a short piece of work shows how long it takes, and how much of that time the processor
    worked. A wait ends when its event comes; this time only says when to give up.
    """
    wall, own = time.perf_counter(), time.thread_time()
    while (worked := time.thread_time() - own) < 0.05:
        pass
    return seconds * max((time.perf_counter() - wall) / worked, 1.0)


def build_book(folder: Path) -> subprocess.CompletedProcess[str]:
    """The strict build of ``make book``, with this environment's Jupyter Book."""
    return subprocess.run(lossbook_current.command(folder), capture_output=True, text=True, check=False)


def ids_that_stand_twice(html: str) -> list[str]:
    """The ids that occur twice; the content of a script does not count."""
    names = re.findall(r'<[^>]*?\sid="([^"]+)"', re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL))
    return sorted(name for name, count in Counter(names).items() if count > 1)


@pytest.fixture(scope="session")
def book() -> Path:
    """The folder of the built HTML book; built first, unless it is current."""
    if not lossbook_current.current(ROOT):
        built = build_book(ROOT)
        assert built.returncode == 0, f"the strict build failed:\n{built.stdout[-3000:]}\n{built.stderr[-3000:]}"
    return ROOT / "_build" / "html"


class Browser:
    """A browser whose pages are as patient as the machine is busy."""

    def __init__(self, chromium: Any) -> None:
        self._chromium = chromium

    def new_page(self, **options: Any) -> Any:
        return self._patient(self._chromium.new_page(**options))

    def new_context(self, **options: Any) -> Any:
        return self._patient(self._chromium.new_context(**options))

    @contextlib.contextmanager
    def with_a_mouse(self) -> Iterator[Browser]:
        """Another one, in which something can be pointed at: a headless Chromium says that it has no mouse."""
        other = self._chromium.browser_type.launch(executable_path=chromium(), args=[*FLAGS, MOUSE])
        try:
            yield Browser(other)
        finally:
            other.close()

    @staticmethod
    def _patient(opened: Any) -> Any:
        opened.set_default_timeout(1000 * patience())
        return opened


def chromium() -> str | None:
    """The path of the system's; None if there is none, for Playwright's own."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium: the system's, else Playwright's own. Skips without one, or fails if one is required."""
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        try:
            started = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        except Error as error:
            reason = f"no Chromium to read the book with ({str(error).splitlines()[0]})"
            if os.environ.get("LOSSBOOK_REQUIRE_BROWSER") == "1":
                pytest.fail(f"LOSSBOOK_REQUIRE_BROWSER=1, but there is {reason}")
            pytest.skip(reason)
        yield Browser(started)
        started.close()


@pytest.fixture(scope="session")
def visits(book: Path, browser: Browser) -> Iterator[Any]:
    """What the rules about built pages say, each page opened once: see ``page_rules.py``."""
    from page_rules import Visits

    made = Visits(book, browser)
    yield made
    made.close()


class Lab:
    """A JupyterLab in its own folder, independent of the user's settings."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.root, self.url, self.token = folder / "notebooks", f"http://127.0.0.1:{port}", secrets.token_hex(16)
        self.log = folder / "server.log"
        places = ("HOME", "IPYTHONDIR", *(f"JUPYTER_{name}_DIR" for name in ("CONFIG", "DATA", "RUNTIME")))
        places += tuple(f"JUPYTERLAB_{name}_DIR" for name in ("SETTINGS", "WORKSPACES"))
        settings = {place: str(folder / place.lower()) for place in places}
        for path in (self.root, *map(Path, settings.values())):
            path.mkdir(parents=True)
        self._write(settings, "@jupyterlab/apputils-extension/themes", {"adaptive-theme": True})
        news = {"fetchNews": "false", "checkForUpdates": False}
        self._write(settings, "@jupyterlab/apputils-extension/notification", news)
        self._write(settings, "@jupyter-widgets/jupyterlab-manager/plugin", {"saveState": True})  # as make lab has it
        settings |= {"JUPYTER_TOKEN": self.token, "MPLCONFIGDIR": mpl.get_configdir()}  # whose list of fonts takes long
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", f"--ServerApp.port={port}", "--allow-root"]
        command += ["--ServerApp.ip=127.0.0.1", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={self.root}"]
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "LOSSBOOK_FACE"))}
        with self.log.open("w") as log:
            self.server = subprocess.Popen(command, env=kept | settings, stdout=log, stderr=log, cwd=folder)

    @staticmethod
    def _write(settings: dict[str, str], name: str, chosen: dict[str, Any]) -> None:
        path = Path(settings["JUPYTERLAB_SETTINGS_DIR"]) / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(chosen))

    def wait(self) -> None:
        """Return when the server answers."""
        end = time.monotonic() + patience()
        while self.server.poll() is None and time.monotonic() < end:
            try:
                self.asks("")
                return
            except OSError:
                time.sleep(0.1)
        pytest.fail(f"JupyterLab did not start:\n{self.log.read_text()[-3000:]}")

    def asks(self, what: str) -> Any:
        """What the server's API answers, such as the list of its kernels."""
        with urllib.request.urlopen(f"{self.url}/api/{what}?token={self.token}", timeout=5) as answer:
            return json.load(answer)

    def notebook(self, name: str, *cells: str) -> str:
        """Write a notebook of these cells; returns the URL that opens it."""
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(book, self.root / name)
        return f"{self.url}/lab/tree/{name}?reset&token={self.token}"

    def stop(self) -> None:
        """End the server, which ends its kernels."""
        self.server.terminate()
        try:
            self.server.wait(30)
        except subprocess.TimeoutExpired:
            self.server.kill()
            self.server.wait()


@pytest.fixture(scope="session")
def jupyterlab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A running JupyterLab. Skips where it is not installed, or fails if a browser is required."""
    if importlib.util.find_spec("jupyterlab") is None:
        if os.environ.get("LOSSBOOK_REQUIRE_BROWSER") == "1":
            pytest.fail("LOSSBOOK_REQUIRE_BROWSER=1, but JupyterLab is not installed")
        pytest.skip("JupyterLab is not installed: pip install 'lossbook[lab]'")
    lab = Lab(tmp_path_factory.mktemp("jupyterlab"))
    try:
        lab.wait()
        yield lab
    finally:
        lab.stop()
