"""The contract in other notations."""
