"""What the traces say about the clauses. Pure: no I/O, no clock, no randomness."""
