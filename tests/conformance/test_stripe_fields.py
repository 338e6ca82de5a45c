"""Stripe's library as a judge: each field that opos reads exists in the API version of that library."""

import inspect
from importlib import import_module

from stripe._object_classes import OBJECT_CLASSES

from shared.sources.senders.stripe.decision import Decision
from shared.sources.senders.stripe.events import DECISIONS
from tests.support.stripe_events import KNOWN


def fields(name: str) -> set[str]:
    """The names of the fields that Stripe's object called *name* has."""
    module, kind = OBJECT_CLASSES[name]
    classes = getattr(import_module(module), kind).__mro__
    return {field for kind in classes for field in inspect.get_annotations(kind)}


def needed(decision: Decision) -> set[str]:
    """The fields on which *decision* depends; the event itself has the `account`."""
    return {*decision.when, *decision.by, *decision.shows.split("|"), decision.amount} - {"", "account"}


def test_every_field_on_which_a_decision_depends_is_one_of_its_object() -> None:
    for type, decisions in DECISIONS.items():
        for decision in decisions if type in KNOWN["types"] else ():
            assert needed(decision) <= fields(KNOWN["types"][type]), (type, decision)


def test_the_minimal_objects_have_only_fields_of_the_library() -> None:
    for name, minimal in KNOWN["objects"].items():
        assert set(minimal) <= fields(name), name
