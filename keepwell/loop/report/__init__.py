"""The report: what it is made of, and one function that writes it."""
