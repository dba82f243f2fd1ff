"""``python -m lossbook``: the command line."""

import sys

from lossbook.cli import main

if __name__ == "__main__":
    sys.exit(main())
