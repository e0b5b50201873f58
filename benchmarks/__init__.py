"""How fast, how small and how cheap is it? Measured, never asserted."""
