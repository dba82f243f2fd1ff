"""Pages that are written at the start of a build from the tables of the package: case files, checklist, index, map.

1. They are ordinary pages of the book, which git ignores. Only what differs is written, so that no page is read again
   for nothing; what a table no longer has is deleted.
2. MyST knows a section of another page by no name. Here each can be named by its target or id:
   ``[words](cases/step_size.md#case-lr-too-high)``, which leads to the page in JupyterLab, too.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any


def write(book: Path) -> list[Path]:
    """Write the pages into ``cases/``, ``checklist.md`` and others of this folder; returns all of them."""
    sys.path.append(str(Path(__file__).parent))  # also for tools/lab.py, which needs no Sphinx
    from lossbook_case_pages import pages
    from lossbook_checklist import checklist
    from lossbook_index import index
    from lossbook_map import book_map
    from lossbook_teachers import plan

    texts = {book / "checklist.md": checklist(), book / "index_of_all.md": index()}
    texts |= {book / "for_teachers.md": plan(), book / "map_of_all.md": book_map()}
    texts |= {book / "cases" / f"{name}.md": text for name, text in pages().items()}
    (book / "cases").mkdir(exist_ok=True)
    for path in set((book / "cases").glob("*.md")) - set(texts):
        path.unlink()
    for path, text in texts.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    return list(texts)


def write_before_reading(app: Any, config: Any) -> None:
    """Write them before the table of contents is compared with the files, if it names them."""
    toc = Path(app.srcdir, str(config.external_toc_path))
    if toc.is_file() and "book/cases/" in toc.read_text(encoding="utf-8"):
        write(Path(app.srcdir, "book"))


def name_sections(app: Any, doctree: Any) -> None:
    """Tell MyST the names of a page's sections, for links from other pages."""
    from docutils import nodes

    known = app.env.metadata[app.env.docname].setdefault("myst_slugs", {})
    for section in doctree.findall(nodes.section):
        if section.children and isinstance(section[0], nodes.title):
            for name in section["ids"]:
                known.setdefault(name, (section.line, name, section[0].astext()))


def setup(app: Any) -> dict[str, Any]:
    app.connect("config-inited", write_before_reading)
    app.connect("doctree-read", name_sections)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
