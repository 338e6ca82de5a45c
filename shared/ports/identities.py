"""The Identities port: who holds an identity token."""

from datetime import datetime
from typing import Any, Protocol


class Identities(Protocol):
    def claims(self, token: str, *, audience: str, now: datetime) -> dict[str, Any]:
        """What *token* says of its holder to *audience* at *now*. Raises as `email` does."""
        ...

    def email(self, token: str, *, audience: str, now: datetime) -> str:
        """The e-mail, in lower case, that *token* proves to *audience* at *now*.

        Raises Unauthorized when it proves nothing, Unavailable when nobody can say.
        """
        ...
