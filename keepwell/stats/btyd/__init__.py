"""Models of customers who buy and, some day, stop without saying so."""
