"""Parts of the panel about the input."""
