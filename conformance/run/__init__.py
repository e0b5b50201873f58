"""Ask a target, within a cap, and write the record."""
