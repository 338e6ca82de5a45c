"""Records in tests."""

from shared.records.change import Actor, Cause

ME = Cause(Actor(kind="person", name="me@example.com"), reason="A test.")
