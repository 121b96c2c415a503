"""How a layer comes to one number, spelled out."""
