"""How gcloud changes a service's list of traffic targets. The tests compare each function with the real one's.

A target names a revision, or the latest; it has a share in percent, a tag, or both.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from tests.support.recording_gcloud.refusals import TOO_LITTLE, TOO_MUCH, Refused

LATEST = "LATEST"
Target = dict[str, Any]


def share(targets: list[Target], wanted: Mapping[str, int]) -> list[Target]:
    """*wanted* percents for some revisions; what is left goes to the others in proportion."""
    shares, tags = _parted(targets)
    others = {key: percent for key, percent in shares.items() if key not in wanted}
    if sum(wanted.values()) > 100:
        raise Refused(TOO_MUCH)
    if not others and sum(wanted.values()) < 100:
        raise Refused(TOO_LITTLE)
    left = 100 - sum(wanted.values())
    scaled = {key: percent * float(left) / sum(others.values()) for key, percent in others.items()} if left else {}
    after = _whole({**wanted, **scaled})
    return _shares({key: percent for key, percent in after.items() if wanted.get(key) != 0}) + tags


def pin(targets: list[Target], ready: str) -> list[Target]:
    """What went to the latest revision stays with the one that is the latest now."""
    shares, tags = _parted(targets)
    if LATEST not in shares:
        return targets
    shares[ready] = shares.get(ready, 0) + shares.pop(LATEST)
    return _shares(shares) + tags


def tag(targets: list[Target], wanted: Mapping[str, str], gone: Iterable[str] = ()) -> list[Target]:
    """*wanted* revisions by tag; each tag of *gone* is taken away."""
    moved = {*wanted, *gone}
    kept = [_untagged(one) if one.get("tag") in moved else one for one in targets]
    kept = [one for one in kept if one.get("percent") or one.get("tag")]
    return kept + [{**_target(key), "tag": name} for name, key in sorted(wanted.items())]


def key_of(target: Target) -> str:
    return LATEST if target.get("latestRevision") else str(target["revisionName"])


def _parted(targets: list[Target]) -> tuple[dict[str, int], list[Target]]:
    """The shares by revision, and the tags."""
    shares: dict[str, int] = {}
    for one in targets:
        if percent := one.get("percent"):
            shares[key_of(one)] = shares.get(key_of(one), 0) + percent
    return shares, [{**_target(key_of(one)), "tag": one["tag"]} for one in targets if one.get("tag")]


def _whole(shares: Mapping[str, float]) -> dict[str, int]:
    """Whole percents: those that lost most by the cut get one more."""
    cut = {key: int(share) for key, share in shares.items()}
    lost = round(sum(shares.values())) - sum(cut.values())
    by_loss = sorted(shares.items(), key=lambda one: (1 - (one[1] - int(one[1])), one[1], _order(one[0])))
    return cut | {key: cut[key] + 1 for key, _ in by_loss[:lost]}


def _shares(shares: Mapping[str, int]) -> list[Target]:
    return [{**_target(key), "percent": shares[key]} for key in sorted(shares, key=_order)]


def _order(key: str) -> tuple[bool, str]:
    return key == LATEST, key


def _target(key: str) -> Target:
    return {"latestRevision": True} if key == LATEST else {"revisionName": key}


def _untagged(target: Target) -> Target:
    return {name: value for name, value in target.items() if name != "tag"}
