"""A check of the preflight, and how gcloud answers it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from opos.cloud.gcloud import CloudError, Gcloud, Missing

INFRA = "Run `pulumi up` in infra/: docs/infrastructure.md."


@dataclass(frozen=True, slots=True)
class Check:
    """`ok` is None if that cannot be determined; `fix` says what to do about a failed check."""

    name: str
    ok: bool | None
    said: str
    fix: str = ""


def asked(name: str, gcloud: Gcloud, judge: Callable[[Any], tuple[str, bool | None]], *words: str) -> Check:
    """The check whose result *judge* derives from what gcloud answers."""
    try:
        said, ok = judge(gcloud.json(*words) or {})
    except Missing:
        return Check(name, ok=False, said="does not exist", fix=INFRA)
    except CloudError as fault:
        return Check(name, ok=False, said=fault.brief, fix=fault.hint or INFRA)
    return Check(name, ok, said, INFRA)
