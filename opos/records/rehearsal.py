"""A dry run: the bundle with a store whose writes nobody else sees, so that it is the same code that decides."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from shared.errors import AlreadyExists, Conflict
from shared.ports import Condition, Create, Delete, Doc, Set, Store, Update, Write
from shared.ports.field_paths import merge
from shared.runtime.container import Runtime

if TYPE_CHECKING:
    from shared.events import Message


def rehearsal(runtime: Runtime) -> Runtime:
    """*runtime*, which reads the same documents, keeps its writes to itself, and publishes nothing."""
    copy = Runtime(runtime.settings, clock=runtime.clock)
    copy.__dict__.update(
        {**runtime.__dict__, "store": RehearsedStore(runtime.store), "bus": SilentBus(), "joined": None}
    )
    return copy


class SilentBus:
    def publish(self, message: "Message", *, later: bool = False) -> str:  # noqa: ARG002
        return ""

    def ping(self) -> None: ...


@dataclass
class RehearsedStore:
    """*stored* with what was written here. Queries do not see that; `get` does."""

    stored: Store
    written: dict[str, Doc | None] = field(default_factory=dict)

    def get(self, path: str) -> Doc | None:
        return self.written[path] if path in self.written else self.stored.get(path)

    def query(self, collection: str, **asked: Any) -> Iterator[Doc]:
        return self.stored.query(collection, **asked)

    def count(self, collection: str, *, where: Sequence[Condition] = ()) -> int:
        return self.stored.count(collection, where=where)

    def commit(self, writes: Sequence[Write]) -> dict[str, str]:
        written = {write.path: self._after(write) for write in writes}
        self.written |= written
        return {path: doc.version for path, doc in written.items() if doc}

    def _after(self, write: Write) -> Doc | None:
        known, version = self.get(write.path), f"rehearsed {len(self.written)}"
        match write:
            case Create(path, data):
                if known:
                    raise AlreadyExists(path)
                return Doc(path, dict(data), version)
            case Set(path, data):
                return Doc(path, dict(data), version)
            case Update(path, data, if_version) if known and known.version == if_version:
                return Doc(path, merge(known.data, data), version)
            case Delete(_, if_version) if known and known.version == if_version:
                return None
        raise Conflict(write.path)
