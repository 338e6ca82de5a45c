"""One thing that has to be so before a deploy, and how it is asked."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from opos.cloud.gcloud import CloudError, Gcloud, Missing

INFRA = "`pulumi up` in infra/ makes it so: docs/infrastructure.md."


@dataclass(frozen=True, slots=True)
class Check:
    """`ok` is None where nobody can say; `fix` says how to mend what is not so."""

    name: str
    ok: bool | None
    said: str
    fix: str = ""


def asked(name: str, gcloud: Gcloud, judge: Callable[[Any], tuple[str, bool | None]], *words: str) -> Check:
    """What *judge* makes of the answer of a call of gcloud."""
    try:
        said, ok = judge(gcloud.json(*words) or {})
    except Missing:
        return Check(name, ok=False, said="does not exist", fix=INFRA)
    except CloudError as fault:
        return Check(name, ok=False, said=fault.brief, fix=fault.hint or INFRA)
    return Check(name, ok, said, INFRA)
