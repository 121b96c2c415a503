"""Measures one model in the window itself, driven as a person drives it."""
