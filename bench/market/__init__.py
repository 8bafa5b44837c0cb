"""A simulated market with a known truth: it judges whoever splits a budget between winning and keeping customers."""
