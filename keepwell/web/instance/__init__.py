"""This instance: its first run, the settings of the business and the brand, backup, health."""
