"""``python -m keepwell`` is the ``keepwell`` command."""

from keepwell.cli import main

main()
