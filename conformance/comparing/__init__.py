"""Vendors side by side, from their documents alone."""
