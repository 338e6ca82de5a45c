"""The Identities port: who holds an identity token."""

from datetime import datetime
from typing import Any, Protocol


class Identities(Protocol):
    def claims(self, token: str, *, audience: str, now: datetime) -> dict[str, Any]:
        """The claims of *token* for *audience* at *now*. Raises the same errors as `email`."""
        ...

    def email(self, token: str, *, audience: str, now: datetime) -> str:
        """The e-mail address, in lower case, that *token* authenticates for *audience* at *now*.

        Raises Unauthorized if the token is not valid, Unavailable if it cannot be checked.
        """
        ...
