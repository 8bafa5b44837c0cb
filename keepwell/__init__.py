"""Keep or win? Where the next unit of money and attention should go, from your own data."""
