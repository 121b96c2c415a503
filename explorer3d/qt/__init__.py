"""Windows and panels; the only part that knows Qt."""
