"""A process that imports for ever into a lake, telling on its standard output what was acknowledged.

Started again, it begins again from its first order, in pieces of another size: what was committed is known by then.
"""

from __future__ import annotations

import random
import sys

from builders import append, lines

from keepwell.lake.lake import Lake


def main(root: str, name: str, seed: int) -> None:
    """Append imports of random size; print the orders of each once it is committed."""
    lake = Lake.create(root)
    chance = random.Random(seed)  # noqa: S311 — sizes, not secrets
    number = 0
    while True:
        count = chance.randint(1, 200)
        first = number
        number += count
        table = lines(2 * count, first=first, customer=name, order=name)
        append(lake, {"order_lines": table}, folds=True)
        print(f"{name} {first} {count}", flush=True)  # noqa: T201 — this is the acknowledgement


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
