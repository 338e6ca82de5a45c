"""The fields that queries filter or order by, in one place: every adapter indexes exactly these."""

INDEXES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("events", ("state",)),
    ("events", ("quarantine", "received_at")),
    ("events", ("body_sha256",)),
    ("alerts", ("state", "last_seen")),
    ("alerts", ("pending.channel", "pending.since")),
    ("outbox", ("due_at",)),
    ("outbox", ("state", "created_at")),
    ("outbox", ("created_at",)),
    ("digests", ("due_at",)),
    ("digests", ("state", "created_at")),
    ("digests", ("created_at",)),
    ("dead_letters", ("received_at",)),
    ("dead_letters", ("event",)),
)

EXPIRY = "expires_at"
"""The field after whose moment a document may vanish at any time: TTL on Firestore, the minute tick on SQLite."""
