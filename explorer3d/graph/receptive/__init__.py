"""What a number depends on: the part of every tensor before it, worked out from the structure alone."""
