"""The web application: rooms with state above the library; nothing below knows it."""
