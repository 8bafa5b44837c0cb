"""Prepare a data folder with one source and print its write key: ``door.py FOLDER``."""

from __future__ import annotations

import sys
from pathlib import Path

from keepwell.cli.serve import migrate, prepare

if __name__ == "__main__":
    prepare(Path(sys.argv[1]))
    migrate()
    from keepwell.web.inbox.actions import add_source

    sys.stdout.write(add_source("shop").write_key)
