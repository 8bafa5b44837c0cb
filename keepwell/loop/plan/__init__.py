"""Splitting a budget between winning and keeping, from facts and from what a person states, one noun a file."""
