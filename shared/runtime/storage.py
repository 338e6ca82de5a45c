"""Where documents and messages are kept: one SQLite file, or Firestore and Pub/Sub."""

from pathlib import Path
from typing import TYPE_CHECKING

from shared.runtime.settings import Settings, SettingsError

if TYPE_CHECKING:
    from shared.adapters.sqlite.database import Database
    from shared.ports import Bus, Store


def open_database(settings: Settings) -> "Database":
    """The SQLite file of *settings*. Raises SettingsError where they name none, or one that would be lost."""
    from shared.adapters.sqlite.database import Database

    if settings.on_firestore:
        raise SettingsError("OPOS_BUS: expected pubsub with OPOS_STORE=firestore, found local")
    scheme, _, path = settings.store.partition(":///")
    if scheme != "sqlite" or not path:
        raise SettingsError(f"OPOS_STORE: expected sqlite:///path or firestore, found {settings.store!r}")
    if settings.deployed and "OPOS_ALLOW_SQLITE" not in settings.environment:
        raise SettingsError(
            "OPOS_STORE: expected a shared store, found SQLite in a deployed function, whose disk is lost",
            hint="Set OPOS_ALLOW_SQLITE=1 if that is really what you want.",
        )
    return Database(Path(path))


def open_store(database: "Database") -> "Store":
    from shared.adapters.sqlite.store import SqliteStore

    return SqliteStore(database)


def connect_firestore(settings: Settings) -> "Store":
    from shared.adapters.firestore.store import connect

    names = settings.environment
    database = names.get("OPOS_FIRESTORE_DATABASE", "(default)")
    return connect(names.get("GOOGLE_CLOUD_PROJECT"), database, names.get("FIRESTORE_EMULATOR_HOST"))


def connect_pubsub(settings: Settings) -> "Bus":
    from shared.adapters.pubsub.bus import connect

    names = settings.environment
    return connect(names.get("GOOGLE_CLOUD_PROJECT"), names.get("PUBSUB_EMULATOR_HOST"))
