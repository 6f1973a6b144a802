"""Leaflets in formats other than HTML."""
