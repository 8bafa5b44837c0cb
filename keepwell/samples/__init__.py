"""Sample data that ships with the package; see ATTRIBUTION.md."""
