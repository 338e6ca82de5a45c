"""The bundle on Google Cloud: what it needs there, and how to read and change it."""
