"""Background work: one small table of leased rows, the same on every database."""
