"""Feature flags: compiled once, then evaluated without interpretation. Pure."""

from shared.flags.evaluate import Evaluation, Flag, FlagFile, FlagNotFound, FlagSet, TargetingKeyMissing, is_unicode

__all__ = ["Evaluation", "Flag", "FlagFile", "FlagNotFound", "FlagSet", "TargetingKeyMissing", "is_unicode"]
