"""A record, drawn."""
