"""Numbers such as 2.303 are found by the search of the built book.

Sphinx parts 2.303 into 2 and 303, both when it reads a page and when a reader searches, and its search passes over
words that are digits alone. Here a number with a dot is one word, in the index and in the query.
"""

from __future__ import annotations

import re
from typing import Any

from sphinx.search.en import SearchEnglish

NUMBER = r"\d+\.\d+"


class WithNumbers(SearchEnglish):
    """English, in which a number with a dot is a word.

    >>> WithNumbers({}).split("a loss of 2.303, from lr=0.1 on")
    ['a', 'loss', 'of', '2.303', 'from', 'lr', '0.1', 'on']
    """

    _word_re = re.compile(rf"{NUMBER}|\w+")
    js_splitter_code = (
        "var splitQuery = (query) => "
        rf"query.match(/{NUMBER}|[\p{{Letter}}\p{{Number}}_\p{{Emoji_Presentation}}]+/gu) ?? [];"
    )


def setup(app: Any) -> dict[str, Any]:
    app.add_search_language(WithNumbers)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
