"""What is promised: contracts, their clauses, and how they are loaded."""
