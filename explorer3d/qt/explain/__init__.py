"""Why a network says what it says: the panel, its menu, and what it lays over the picture."""
