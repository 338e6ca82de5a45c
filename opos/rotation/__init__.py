"""Rotates a sender's secret: the old and the new one are valid together for a while, so that no webhook is lost."""
