"""Keep or win: marginal returns, what-ifs, thresholds, and what cannot be said."""
