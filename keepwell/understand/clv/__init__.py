"""What each customer is worth: how often they come back, whether they are still there, and what they spend."""
