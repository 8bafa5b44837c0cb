"""A process that compacts a lake for ever."""

from __future__ import annotations

import sys
import time

from keepwell.lake.lake import Lake

if __name__ == "__main__":
    lake = Lake.create(sys.argv[1])
    while True:
        lake.compact()
        time.sleep(0.05)
