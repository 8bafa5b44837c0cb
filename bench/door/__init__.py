"""The door: durable events a second through the collector, and through a bare application that writes the same rows."""
