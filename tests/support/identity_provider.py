"""An identity provider: real keys, real tokens, and a real server that publishes the keys."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from tests.support.http_server import Quiet, served

ISSUER, IAP = "https://accounts.google.com", "https://cloud.google.com/iap"
AUDIENCE, ACCOUNT = "https://router.example", "pushes@demo.iam.gserviceaccount.com"

_RSA_KEYS = cycle(rsa.generate_private_key(65537, 2048) for _ in range(4))
"""To generate one takes longer than most tests, none of which needs more than these."""


@dataclass
class Provider:
    """`asked` counts how often the keys were fetched."""

    url: str = ""
    asked: int = 0
    up: bool = True
    keys: dict[str, Any] = field(default_factory=dict)

    def new_key(self, kid: str, algorithm: str = "RS256") -> None:
        rsa_key = algorithm == "RS256"
        self.keys[kid] = next(_RSA_KEYS) if rsa_key else ec.generate_private_key(ec.SECP256R1())

    def published(self) -> dict[str, Any]:
        return {"keys": [{**_jwk(key), "kid": kid, "use": "sig"} for kid, key in self.keys.items()]}

    def token(self, now: datetime, *, kid: str = "k1", algorithm: str = "RS256", **claims: Any) -> str:
        """A good token; *claims* are changed, and left out where they are None."""
        good = {
            "iss": ISSUER, "aud": AUDIENCE, "email": ACCOUNT, "email_verified": True, "sub": "1",
            "iat": now - timedelta(seconds=5), "exp": now + timedelta(hours=1),
        }  # fmt: skip
        wanted = {name: value for name, value in (good | claims).items() if value is not None}
        return jwt.encode(wanted, self.keys[kid], algorithm=algorithm, headers={"kid": kid})


def _jwk(key: Any) -> dict[str, Any]:
    algorithm = RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else ECAlgorithm
    found: dict[str, Any] = json.loads(algorithm.to_jwk(key.public_key()))
    return found


@contextmanager
def provider() -> Iterator[Provider]:
    found = Provider()
    found.new_key("k1")

    class Handler(Quiet):
        def do_GET(self) -> None:
            found.asked += 1
            self.answer(200 if found.up else 503, json.dumps(found.published()).encode())

    with served(Handler) as port:
        found.url = f"http://127.0.0.1:{port}/keys"
        yield found
