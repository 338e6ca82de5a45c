"""What `delivery:` in opos.yaml declares comes before the delivery id of the scheme."""

from typing import Any

import pytest

from shared.config.sources import Source
from shared.intake.webhook import DeliveryId, delivery_id
from shared.values.http import HttpRequest

HEADERS = {"linear-delivery": "of the scheme", "x-id": "of the header"}
OF_SCHEME = DeliveryId("of the scheme", is_signed=False)


@pytest.mark.parametrize(
    ("delivery", "expected"),
    [
        ({}, OF_SCHEME),
        ({"delivery": {"header": "X-Id"}}, DeliveryId("of the header", is_signed=False)),
        ({"delivery": {"body": "webhookId"}}, DeliveryId("of the body", is_signed=True)),
        ({"delivery": {"hash": "body"}}, None),
        ({"delivery": {"body": "missing"}}, OF_SCHEME),
    ],
)
def test_the_declared_place_comes_before_that_of_the_scheme(
    delivery: dict[str, Any], expected: DeliveryId | None
) -> None:
    source = Source.model_validate({"scheme": "linear", "secrets": ["S"], **delivery})
    request = HttpRequest("POST", "/webhooks/linear", headers=HEADERS, body=b"{}")
    assert delivery_id(source, request, {"webhookId": "of the body"}) == expected
