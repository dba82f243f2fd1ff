"""The map of the book as MyST Markdown, from the table of contents. The intro includes it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent.parent
PARTS = {  # how a caption of _toc.yml begins -> the part's name in the article
    "1 ": "1 Background (背景介绍)",
    "2 ": "2 Concepts (核心概念与联系)",
    "3 ": "3 Four directions of repair (核心算法原理具体操作步骤)",
    "4 ": "4 The maths (数学模型和公式)",
    "5 ": "5 Practice on MNIST (项目实践)",
    "6 ": "6 Where it matters (实际应用场景)",
    "7 ": "7 Tools (工具和资源)",
    "8 ": "8 Summary (总结)",
    "9 ": "9 Questions (常见问题)",
}
TITLES = {  # of pages that are written, or whose titles are made, at a build
    "book/checklist": "Checklist",
    "book/for_teachers": "For teachers",
    "book/index_of_all": "Index",
    "book/data_card": "Data card",
    "book/api": "Reference of the package",
    "book/bibliography": "Bibliography",
}


def book_map() -> str:
    """The table, for a page in ``book/``."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    rows = ["| part | pages |", "|---|---|"]
    for part in toc["parts"]:
        pages = " · ".join(_link(chapter["file"]) for chapter in part["chapters"])
        caption = next((name for begin, name in PARTS.items() if part["caption"].startswith(begin)), part["caption"])
        rows.append(f"| {caption} | {pages} |")
    return "\n".join(rows) + "\n"


def _link(page: str) -> str:
    address = f"../{page}.ipynb" if page.startswith("notebooks/") else f"{page.removeprefix('book/')}.md"
    return f"[{TITLES.get(page) or title(page)}]({address})"


def title(page: str) -> str:
    """A page's title, without the Chinese words."""
    notebook, text = ROOT / f"{page}.ipynb", ROOT / f"{page}.md"
    if notebook.is_file():
        first = "".join(json.loads(notebook.read_text(encoding="utf-8"))["cells"][0]["source"])
    else:
        first = text.read_text(encoding="utf-8")
    hit = re.search(r"^# (.*)$", first, re.MULTILINE)
    if hit is None:
        raise ValueError(f"{page} must have a title, a line that begins with '# ', got none.")
    return re.sub(r" \([^()]*[\u4e00-\u9fff][^()]*\)$", "", hit[1])
