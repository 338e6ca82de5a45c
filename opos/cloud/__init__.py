"""What the bundle is on Google Cloud: what it needs there, and how it is looked at and changed."""
