"""Documents in the notations of others: read, linked, and made into contracts."""
