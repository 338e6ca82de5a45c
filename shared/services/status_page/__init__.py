"""Reads and changes the public status page."""
