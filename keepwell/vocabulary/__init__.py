"""Each word of the business once: tables, money, periods, estimates, errors."""
