"""The records of deployments, which `opos deploy` writes."""

from dataclasses import dataclass, field, fields
from typing import Any, Literal

from shared.ports import Store

COLLECTION = "deployments"
Phase = Literal["build", "dark", "smoke", "shift", "done", "back", "rolled_back", "left"]
"""The next phase to run. The last ones are `done`, `rolled_back`, and `left`: it failed without a rollback."""
UNDER_WAY: tuple[Phase, ...] = ("build", "dark", "smoke", "shift", "back")


@dataclass(frozen=True, slots=True)
class Deployment:
    """A document of `deployments`.

    `before` has the traffic of each function's revisions in percent, `after` its new revision. `release` is the hash of
    what was built; `config` and `flags` are those of the operator's files.
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
    """The percentages of traffic that it goes through."""
    event: str = ""
    """The id of the synthetic event of its smoke test."""
    back_to: int | None = None
    """For a rollback: the deployment that it restores."""
    reason: str = ""
    """Why it was rolled back."""
    failing: tuple[str, ...] = ()
    """The failures in the health report before the deploy changed anything."""
    figures: dict[str, Any] = field(default_factory=dict)
    ended_at: str | None = None

    @property
    def id(self) -> str:
        return f"{self.number:06}"

    @property
    def path(self) -> str:
        return f"{COLLECTION}/{self.id}"


def to_doc(deployment: Deployment) -> dict[str, Any]:
    content = {attribute.name: getattr(deployment, attribute.name) for attribute in fields(deployment)}
    return {**content, "failing": list(deployment.failing), "steps": list(deployment.steps)}


def from_doc(data: dict[str, Any]) -> Deployment:
    known = {attribute.name: data[attribute.name] for attribute in fields(Deployment) if attribute.name in data}
    lists = {name: tuple(known.get(name, ())) for name in ("failing", "steps")}
    return Deployment(**{**known, **lists})


def latest(store: Store, limit: int = 1) -> list[Deployment]:
    """The last *limit* deployments, newest first."""
    return [from_doc(doc.data) for doc in store.query(COLLECTION, order_by="number", descending=True, limit=limit)]


def words(deployment: Deployment) -> str:
    """One line for people: what was deployed, and how it ended."""
    content = deployment.commit[:7] or deployment.release[:7]
    what = f"rollback to {deployment.back_to}" if deployment.back_to else content
    dirty = " with uncommitted changes" if deployment.dirty else ""
    ends = {"done": "", "rolled_back": "rolled back", "left": "failed and not rolled back"}
    end = ends.get(deployment.phase, "not finished")
    why = f": {deployment.reason.splitlines()[0]}" if deployment.reason else ""
    return f"Deployment {deployment.number} ({what}{dirty}) by {deployment.by}" + (f", {end}{why}" if end else "")
