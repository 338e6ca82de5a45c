"""Objectives: what share of the outcomes is good, what is left of the error budget, and how fast it burns. Pure."""
