"""One chart a function, returned as an Altair chart."""
