"""The weekly review: what the desk cost its owner in attention and money, and what to change."""
