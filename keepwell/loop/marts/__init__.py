"""What the pages of analysis show, built once from the facts as plain values: tables, charts, figures."""
