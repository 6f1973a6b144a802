"""Leaflets in other formats than HTML."""
