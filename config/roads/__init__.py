"""The three roads of a request, drawn, told, and gone side by side."""
