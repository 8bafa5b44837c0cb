"""One KPI family a file: Ibis tables in, Ibis expressions or frozen values out."""
