"""The only folder that opens the analytic engine: append, read, compact, forget."""
