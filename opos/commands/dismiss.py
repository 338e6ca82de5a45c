"""`opos dismiss`."""

from opos.commands.retry import dismiss as command

__all__ = ["command"]
