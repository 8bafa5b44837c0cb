"""Raw files to trusted rows: one importer a file, mapping, cleaning, identity."""
