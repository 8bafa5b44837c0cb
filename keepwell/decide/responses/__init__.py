"""What spend on a channel brings, as posterior draws, from each grade of evidence."""
