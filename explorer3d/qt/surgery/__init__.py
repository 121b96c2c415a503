"""Changing maps and kernels of the open network by hand."""
