"""The secret with which a forwarded webhook is signed."""

from collections.abc import Sequence

from opos.forwarding.target import Target
from opos.forwarding.webhook import is_signed
from shared.config.sources import Source
from shared.errors import OposError, Unavailable
from shared.runtime.container import Runtime

_PUBLIC_KEY = "whpk_"


class NotForwarded(OposError):
    """A webhook that cannot be forwarded as asked."""

    code = "not_forwarded"


def signing_secret(
    runtime: Runtime, source: Source, place: Target, *, named: str | None, with_token: bool
) -> str | None:
    """The secret *named*, else the first of *source* that is set.

    None for a source that signs nothing, unless *with_token* says that *place* may have its token. Raises NotForwarded
    if no secret can be used, if an option has no effect, or if others could read the token on its way to *place*.
    """
    names = [named] if named else source.secrets
    if is_signed(source):
        if with_token:
            raise NotForwarded(f"expected no --with-token: the scheme {source.scheme} signs and sends no token")
        return _first_set(runtime, names)
    if not with_token:
        if named:
            raise NotForwarded("expected --with-token beside --secret: the source signs nothing and sends its secret")
        return None
    if not place.is_private:
        hint = "--with-token sends the secret of the source, which others could read on the way."
        raise NotForwarded(f"expected an https URL, or one on this machine, found {place.url}", hint=hint)
    return _first_set(runtime, names)


def _first_set(runtime: Runtime, names: Sequence[str]) -> str:
    faults = []
    for name in names:
        try:
            secret = runtime.secret(name)
        except Unavailable as fault:
            faults.append(fault.message)
            continue
        if not secret.startswith(_PUBLIC_KEY):
            return secret
        faults.append(f"{name} is a public key, which cannot sign.")
    hint = "Set the secret that your app verifies with, and name it with --secret NAME."
    raise NotForwarded(" ".join(faults), hint=hint)
