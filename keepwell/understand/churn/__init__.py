"""Who has left, who will, and why."""
