"""What was deployed: the records that `opos deploy` writes, for whoever wants to know."""

from dataclasses import dataclass, field, fields
from typing import Any, Literal

from shared.ports import Store

COLLECTION = "deployments"
Phase = Literal["build", "dark", "smoke", "shift", "done", "back", "rolled_back", "left"]
"""The next thing to do; `done`, `rolled_back`, and `left` (it failed, and nobody was to mend it) are ends."""
UNDER_WAY: tuple[Phase, ...] = ("build", "dark", "smoke", "shift", "back")


@dataclass(frozen=True, slots=True)
class Deployment:
    """A document of `deployments`. `before` and `after` are what took the traffic, in percent by revision, of each
    function; `release` is the hash of what was built, `config` and `flags` those of the operator's files.
    """

    number: int
    target: str
    phase: Phase
    by: str
    began_at: str
    commit: str = ""
    dirty: bool = False
    tested: bool = True
    release: str = ""
    image: str = ""
    config: str = ""
    flags: str = ""
    step: int = 0
    before: dict[str, dict[str, int]] = field(default_factory=dict)
    after: dict[str, str] = field(default_factory=dict)
    steps: tuple[int, ...] = ()
    """The percents that it goes through."""
    event: str = ""
    """The id of the synthetic event that tried it."""
    back_to: int | None = None
    """The deployment that this one goes back to, of a rollback."""
    reason: str = ""
    """Why it went back."""
    failing: tuple[str, ...] = ()
    """What the health report complained of before anything was changed."""
    figures: dict[str, Any] = field(default_factory=dict)
    ended_at: str | None = None

    @property
    def id(self) -> str:
        return f"{self.number:06}"

    @property
    def path(self) -> str:
        return f"{COLLECTION}/{self.id}"


def to_doc(deployment: Deployment) -> dict[str, Any]:
    content = {one.name: getattr(deployment, one.name) for one in fields(deployment)}
    return {**content, "failing": list(deployment.failing), "steps": list(deployment.steps)}


def from_doc(data: dict[str, Any]) -> Deployment:
    known = {one.name: data[one.name] for one in fields(Deployment) if one.name in data}
    lists = {name: tuple(known.get(name, ())) for name in ("failing", "steps")}
    return Deployment(**{**known, **lists})


def latest(store: Store, limit: int = 1) -> list[Deployment]:
    """The newest first."""
    return [from_doc(doc.data) for doc in store.query(COLLECTION, order_by="number", descending=True, limit=limit)]


def words(deployment: Deployment) -> str:
    """One line for people: what it is, and how it ended."""
    what = f"back to {deployment.back_to}" if deployment.back_to else deployment.commit[:7] or deployment.release[:7]
    dirty = " with uncommitted changes" if deployment.dirty else ""
    ends = {"done": "", "rolled_back": "rolled back", "left": "failed, and left as it was"}
    end = ends.get(deployment.phase, "not finished")
    why = f": {deployment.reason.splitlines()[0]}" if deployment.reason else ""
    return f"Deployment {deployment.number} ({what}{dirty}) by {deployment.by}" + (f", {end}{why}" if end else "")
