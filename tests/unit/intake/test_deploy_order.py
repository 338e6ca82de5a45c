"""During a deploy, the new intake's messages reach workers of the release before, which reject unknown keys."""

from datetime import UTC, datetime

import pytest
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from shared.events import BusinessEvent, EventAccepted, Money, Signal


class EarlierBusinessEvent(BaseModel):
    """The contract of a business event before it had labels; a copy that does not change with the code."""

    model_config = ConfigDict(extra="forbid")

    kind: str
    title: str
    summary: str
    link: str
    money: dict[str, int | str] | None
    about: str


def sent(**fields: object) -> object:
    """The business event as it is in the message to the workers."""
    event = BusinessEvent.model_validate({"title": "Paid", "money": Money(amount=4900, currency="eur"), **fields})
    message = EventAccepted(
        id="a", version="1", source="stripe", type="charge.succeeded", trace="0" * 32,
        received_at=datetime(2026, 11, 28, tzinfo=UTC), signals=(event,),
    )  # fmt: skip
    assert EventAccepted.from_push(message.model_dump_json().encode(), {}) == message
    (document,) = message.to_doc()["signals"]
    return document


def test_workers_of_the_release_before_read_an_ordinary_business_event() -> None:
    assert EarlierBusinessEvent.model_validate(sent()).title == "Paid"


def test_labels_are_sent_where_there_are_some_and_then_need_the_new_release() -> None:
    labelled = sent(labels={"account": "acct_2"})
    assert TypeAdapter[Signal](Signal).validate_python(labelled).labels == {"account": "acct_2"}
    with pytest.raises(ValidationError, match="labels"):
        EarlierBusinessEvent.model_validate(labelled)
