"""The command line: parse, call, print. Exit codes: 0 done, 1 refused or failed with a reason, 2 wrong usage."""

from keepwell.cli.main import main

__all__ = ["main"]
