"""A `company/` of the tests."""

from pathlib import Path

from shared.records.kind import Kind
from tests.support.fed_records import Content, Customer, Product

RECORDS = Path(__file__).with_name("fed_records.py").read_text()
"""The text of its `records.py`."""
KINDS = {kind.name: kind for kind in map(Kind, (Customer, Product, Content))}
