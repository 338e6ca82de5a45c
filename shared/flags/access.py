"""`flags:` of opos.yaml as the evaluator reads it: who may evaluate flags, how often, and how users authenticate."""

from typing import NamedTuple


class Issuer(NamedTuple):
    """Issues tokens for `audience`: they are signed by a key at `jwks`, or by the secret that `secret` names."""

    issuer: str
    audience: str
    jwks: str | None
    secret: str | None


class Access(NamedTuple):
    """`requests_per_minute` limits each network address, counted by each instance on its own."""

    origins: tuple[str, ...] = ("*",)
    requests_per_minute: int | None = None
    identity: tuple[Issuer, ...] = ()
