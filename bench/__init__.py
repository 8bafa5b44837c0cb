"""Benchmarks: Keepwell against what one would use instead, in one run, with equal results before any ratio."""
