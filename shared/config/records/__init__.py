"""Which records a source feeds: the mappings in opos.yaml, and those that opos ships for known senders."""
