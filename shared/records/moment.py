"""A time with its zone, stored as UTC text whose order is the order of time."""

from typing import Annotated

from pydantic import AwareDatetime, PlainSerializer, WithJsonSchema

from shared.values.timestamps import iso

Moment = Annotated[
    AwareDatetime, PlainSerializer(iso, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]  # fmt: skip
