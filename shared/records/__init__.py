"""What `company/records.py` imports to declare kinds."""

from shared.events import Money
from shared.records.marks import External, Key, Listed, Personal, Reference
from shared.records.model import Record, upcast
from shared.records.moment import Moment

__all__ = ["External", "Key", "Listed", "Moment", "Money", "Personal", "Record", "Reference", "upcast"]
