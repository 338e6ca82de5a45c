"""Durations: ISO 8601 such as PT30S without years and months, or a mapping such as {minutes: 5}."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from shared.workflows.expressions import is_expression
from shared.workflows.part import Either, Part, Text
from shared.workflows.refusals import CALENDAR, ruled

_NUMBER = r"(\d+(?:\.\d+)?)"
_ISO = re.compile(
    rf"P(?!$)(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}W)?(?:{_NUMBER}D)?"
    rf"(?:T(?=\d)(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?",
    re.ASCII,
)
_UNITS = ("weeks", "days", "hours", "minutes", "seconds")
_DAYS = 36_500
_EXPECTED = "a duration such as PT30S, P1DT12H or {minutes: 5}"
Count = Annotated[int, Field(ge=0)]


class InlineDuration(Part):
    days: Count = 0
    hours: Count = 0
    minutes: Count = 0
    seconds: Count = 0
    milliseconds: Count = 0

    @model_validator(mode="after")
    def _has_a_unit(self) -> "InlineDuration":
        if not self.model_fields_set:
            raise ruled(_EXPECTED, "an empty mapping")
        inline_length(self)
        return self


def iso_length(text: str) -> timedelta:
    """The length of the ISO 8601 duration *text*. Raises PydanticCustomError."""
    match = _ISO.fullmatch(text)
    if match is None:
        raise ruled(_EXPECTED, repr(text))
    years, months, *amounts = match.groups()
    if years or months:
        raise CALENDAR.error()
    return _bounded({unit: float(amount or 0) for unit, amount in zip(_UNITS, amounts, strict=True)})


def inline_length(duration: InlineDuration) -> timedelta:
    return _bounded(dict(duration))


def length(duration: str | InlineDuration) -> timedelta:
    """How long *duration* is, which is no expression."""
    return iso_length(duration) if isinstance(duration, str) else inline_length(duration)


def _bounded(amounts: dict[str, float]) -> timedelta:
    try:
        total = timedelta(**amounts)
    except OverflowError:
        total = timedelta.max
    if total > timedelta(days=_DAYS):
        raise ruled(f"a duration of at most {_DAYS} days", "a longer one")
    return total


def _text(text: str) -> str:
    if not is_expression(text):
        iso_length(text)
    return text


Duration = Either[Annotated[Text, AfterValidator(_text)], InlineDuration]
FixedDuration = Either[Annotated[str, AfterValidator(_text)], InlineDuration]
"""A duration that is known before a run starts: no expression."""
