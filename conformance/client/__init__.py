"""A client for every vendor, driven by its contract: no vendor has code of its own."""
