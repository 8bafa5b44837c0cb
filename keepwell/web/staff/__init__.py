"""Members of staff: accounts, roles, sessions, API keys, and the log of who did what."""
