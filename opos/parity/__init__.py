"""Compares the environments of the bundle: this machine, staging and production."""
