"""Print how many events of a data folder are not in the lake yet: ``waiting.py FOLDER``."""

from __future__ import annotations

import sys
from pathlib import Path

from keepwell.cli.serve import prepare

if __name__ == "__main__":
    prepare(Path(sys.argv[1]))
    from keepwell.web.inbox.models import InboxEvent

    sys.stdout.write(str(InboxEvent.objects.filter(state="waiting").count()))
