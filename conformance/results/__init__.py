"""Cases, observations, verdicts and records: what a run is made of."""
