"""Records from files of other programs, or of `opos records export`."""
