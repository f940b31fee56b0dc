"""How each language that Daybook speaks writes dates."""
