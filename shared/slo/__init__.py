"""Service level objectives: what was good, what is left of the error budget, and how fast it burns. Pure."""
