"""The policy that follows Keepwell: nothing but the public library on what a shop's books show."""
