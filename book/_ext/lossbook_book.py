"""The book's own Sphinx extension: what Jupyter Book 1.x does not do by itself.

1. All is read and executed again when the package changed: pages show what it computes, and what its docstrings say.
2. Pages are executed in parallel, before Sphinx reads them. One that fails does not stop the others.
3. The runs of the case files are trained once for all pages, which those with pictures of all runs wait for.
4. A build that failed fails again. Sphinx keeps the pages that it has read, and with them forgets their warnings; so
   after a build with warnings what was read is forgotten too.
"""

from __future__ import annotations

import glob
import math
import os
import shutil
import time
from pathlib import Path
from typing import Any

from jupyter_cache.base import CacheBundleIn
from lossbook_cache import Executed
from lossbook_execute import Page, execute_all, jobs
from myst_nb.core.read import create_nb_reader
from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)
FIRST = "book/cases/"  # pages that train the runs of which others make pictures
LAST = ("book/cases", "book/scenarios", "book/quiz")  # pages of all runs, which find them trained


def executed_pages(app: Sphinx) -> Executed:
    return Executed(Path(app.outdir).parent, Path(app.srcdir) / "lossbook")


def forget_what_is_stale(app: Sphinx, config: Any) -> None:
    """If the package changed, forget what was executed and what was read, before Sphinx looks for it."""
    executed = executed_pages(app)
    if not executed.current():
        executed.restart()
        shutil.rmtree(app.doctreedir, ignore_errors=True)
        Path(app.doctreedir).mkdir(parents=True)


def page_of(env: Any, name: str) -> Page | None:
    """A page as MyST-NB reads it, since the cache knows it by its code; None if it has no code."""
    path = Path(env.doc2path(name))
    text = path.read_text(encoding="utf8")
    reader = create_nb_reader(str(path), env.myst_config, env.mystnb_config, text)
    return None if reader is None else Page(name, path, reader.read(text))


def execute_pages(app: Sphinx, env: Any, names: list[str]) -> None:
    """Execute each page that will be read and is not in the cache, and put it there."""
    if env.mystnb_config.execution_mode != "cache":
        return
    executed = executed_pages(app)
    pages = [page for name in names if (page := page_of(env, name)) and not executed.holds(page.notebook)]
    if not pages:
        return
    logger.info(f"pages to execute: {len(pages)}, {jobs()} at a time")
    began, cache = time.perf_counter(), executed.open()
    for page in execute_all(in_order(pages, executed), env.mystnb_config.execution_timeout):
        logger.info(f"  {page.name:<36}{page.wall:6.1f} s {page.cpu:6.1f} CPU s{'  FAILED' if page.failure else ''}")
        if not page.failure:
            bundle = CacheBundleIn(page.notebook, str(page.path), data={"execution_seconds": page.wall})
            cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
            executed.note_seconds(page.name, page.wall)
    wall, cpu = time.perf_counter() - began, sum(page.cpu for page in pages)
    logger.info(f"  {'all':<36}{wall:6.1f} s {cpu:6.1f} CPU s")

    failed = [page for page in pages if page.failure]
    patterns = [glob.escape(page.path.as_posix()) for page in failed]  # MyST-NB would execute them once more
    env.mystnb_config = env.mystnb_config.copy(execution_excludepatterns=patterns)
    for page in failed:
        logger.warning(page.failure, location=page.name)


def in_order(pages: list[Page], executed: Executed) -> list[Page]:
    """What others wait for comes first; else the longest, by what it took in the last build.

    Of pages that are new, which come before those that are known, the larger file is first.
    """
    seconds = executed.seconds()

    def rank(page: Page) -> tuple[bool, bool, float, int]:
        took = seconds.get(page.name, math.inf)
        return page.name in LAST, not page.name.startswith(FIRST), -took, -page.path.stat().st_size

    return sorted(pages, key=rank)


def fail_again(app: Sphinx, exception: Exception | None) -> None:
    """After a build with warnings, delete the pages that were read, so that the next build warns again."""
    if exception or app._warncount:
        shutil.rmtree(app.doctreedir, ignore_errors=True)


def setup(app: Sphinx) -> dict[str, Any]:
    os.environ["LOSSBOOK_FACE"] = "static"  # of all kernels: MyST-NB starts one for a page that was edited meanwhile
    os.environ["LOSSBOOK_RUNS"] = str(executed_pages(app).runs)
    app.connect("config-inited", forget_what_is_stale)
    app.connect("env-before-read-docs", execute_pages)
    app.connect("build-finished", fail_again)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
