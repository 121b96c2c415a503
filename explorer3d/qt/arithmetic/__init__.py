"""The window that spells out how a layer comes to one number."""
