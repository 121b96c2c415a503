"""A window of its own for one tensor: every number, under every axis order."""
