"""Which cases to send: fewest requests, fewest paid, blame unambiguous."""
