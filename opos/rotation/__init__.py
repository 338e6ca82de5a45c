"""Renewing a sender's secret while both the old and the new one are good, so that no webhook is lost."""
