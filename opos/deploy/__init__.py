"""From a commit to traffic on it, or back."""
