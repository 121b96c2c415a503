"""Methods that look at many inputs: the panels of the top inputs and of correspondence."""
