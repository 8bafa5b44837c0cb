"""The only way out: whatever is sent to somebody else's machine is sent from here."""
