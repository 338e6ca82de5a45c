"""The marks of forgotten keys and ids: what would bring back a person who was forgotten is known by them.

A mark is an HMAC under a secret of the bundle, so nobody learns from it which address it stands for: a plain hash of an
address can be found by trying addresses.
"""

import hmac
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from shared.errors import OposError
from shared.ports import Create, Delete, Doc, Set, Write
from shared.records.forgetting import Claimed
from shared.records.kind import Kind
from shared.services.records.context import RecordsContext

SUPPRESSIONS = "suppressions"
SECRET = f"{SUPPRESSIONS}/secret"


class WasForgotten(OposError):
    """A key or an id belonged to a record that was forgotten."""

    code = "was_forgotten"
    http_status = 409

    def __init__(self, field: str, at: str) -> None:
        super().__init__(
            f"expected a key of nobody who was forgotten, found that this {field} was forgotten on {at[:10]}",
            hint="`opos records new --allow-forgotten` creates the record, if the person wants to be known again.",
        )


def create_secret(context: RecordsContext) -> None:
    """Create the secret of the bundle, 256 random bits, unless it has one. Raises AlreadyExists."""
    if context.store.get(SECRET) is None:
        context.store.commit([Create(SECRET, {"secret": context.new_id() + context.new_id()})])


def suppressing(kind: Kind, claims: Iterable[Claimed], at: str, context: RecordsContext) -> Iterator[Write]:
    """The writes that suppress *claims* from the moment *at*. The bundle has a secret."""
    secret = context.store.get(SECRET)
    assert secret  # noqa: S101  (create_secret has made it)
    for claim in claims:
        yield Set(_path(kind, claim, secret), {"kind": kind.name, "at": at})


def secret_of(context: RecordsContext) -> Doc | None:
    """The secret of the bundle; None if nobody was ever forgotten in it."""
    return context.store.get(SECRET)


def suppressed(
    kind: Kind, values: Mapping[str, Any], context: RecordsContext, secret: Doc | None = None
) -> dict[str, Doc]:
    """The marks of *values*, by field. It reads one document while nobody was forgotten, then one more for each key.

    *secret* is that of the bundle, if the caller has read it.
    """
    claims = [Claimed(field, values[field.name]) for field in kind.claims if values.get(field.name) is not None]
    secret = (secret or secret_of(context)) if claims else None
    if secret is None:
        return {}
    marks = {claim.field.name: context.store.get(_path(kind, claim, secret)) for claim in claims}
    return {name: mark for name, mark in marks.items() if mark}


def require_free(kind: Kind, values: Mapping[str, Any], context: RecordsContext) -> None:
    """Raises WasForgotten if *values* have a key or an id of somebody who was forgotten."""
    for name, mark in suppressed(kind, values, context).items():
        raise WasForgotten(name, mark.data["at"])


def allowing(kind: Kind, values: Mapping[str, Any], context: RecordsContext) -> list[Delete]:
    """The writes after which *values* are not suppressed any more."""
    return [Delete(mark.path, mark.version) for mark in suppressed(kind, values, context).values()]


def _path(kind: Kind, claim: Claimed, secret: Doc) -> str:
    """Two spellings of a key have one mark, as they have one claim."""
    field, value = claim
    scope = f"system:{field.system}" if field.system else field.name
    text = "\0".join((kind.name, scope, field.claimed(value)))
    key = bytes.fromhex(secret.data["secret"])
    return f"{SUPPRESSIONS}/{hmac.digest(key, text.encode('utf-8', 'surrogatepass'), 'sha256').hex()[:32]}"
