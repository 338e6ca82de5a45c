"""Every failure that opos can name, in the order in which to act: docs/runbooks has one page for each."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.events import Severity


@dataclass(frozen=True, slots=True)
class Failure:
    """`severity` is that of the alert it becomes, None where it is told already, or only seen from outside.

    `silent` failures may keep that very alert from arriving: while one lasts, the external checker is not called.
    """

    title: str
    affects: str
    cause: str
    severity: Severity | None = None
    silent: bool = False


FAILURES: Mapping[str, Failure] = {
    "store-unreachable": Failure(
        "The store cannot be reached",
        "No webhook is accepted: senders get 503 and try again. Nothing pages.",
        "Firestore is down or access to it was taken away; embedded: the database file is gone or locked.",
        silent=True,
    ),
    "disk-full": Failure(
        "The disk is full, or nearly",
        "No webhook is accepted: senders get 503 and try again. Nothing pages.",
        "The event log, or something else on this disk, has grown.",
        "critical",
        silent=True,
    ),
    "bus-unreachable": Failure(
        "The bus takes no messages",
        "Webhooks are kept, but nothing is routed: no page and no digest leaves.",
        "Pub/Sub is down, a topic is missing, or the right to publish was taken away.",
        silent=True,
    ),
    "sweeper-stopped": Failure(
        "The sweeper has not run",
        "Nothing that got stuck is mended, nothing escalates, no digest closes by time.",
        "Cloud Scheduler's job is paused, its topic or subscription is missing, or the sweeper crashes.",
        silent=True,
    ),
    "events-unhandled": Failure(
        "Accepted events are not handled",
        "What they say has neither paged nor gone into a digest.",
        "The router crashes on them, its subscription is missing, or the store is too slow.",
        "critical",
        silent=True,
    ),
    "outbox-stuck": Failure(
        "Pages do not leave",
        "An interruption that was decided has not reached you.",
        "The channel refuses or hangs; the console says which and why.",
        "critical",
        silent=True,
    ),
    "channel-unreachable": Failure(
        "A channel cannot be reached",
        "The next page or digest over it will be late.",
        "The receiver is down, its address or login has changed, or a firewall is in the way.",
        "warning",
    ),
    "messages-dead": Failure(
        "Messages could not be handled at all",
        "What they were about was not done. Each is kept; those of an event can be replayed.",
        "A function crashes on them: the last deployment, or a payload that nobody expected.",
    ),
    "pages-refused": Failure(
        "A channel has refused pages for good",
        "Interruptions that were decided will not reach you over it.",
        "The channel's address or login is wrong, or the service no longer takes such messages.",
        "critical",
        silent=True,
    ),
    "digests-refused": Failure(
        "A channel has refused digests for good",
        "Digests were not delivered; the console shows what they say.",
        "The channel's address or login is wrong, or the mail provider rejects them.",
        "warning",
    ),
    "digest-late": Failure(
        "A digest is late",
        "What waits for it has not been told.",
        "The digest sender crashes, its subscription is missing, or its channel hangs.",
        "warning",
    ),
    "store-slow": Failure(
        "The store answers slowly",
        "Webhooks are accepted late: a sender with a short patience gives up.",
        "A document that many write, a region with trouble, or a disk that is busy.",
        "warning",
    ),
    "error-budget-burning": Failure(
        "An objective is being missed",
        "The promise of opos.yaml's slos section will not be kept if this goes on.",
        "What the checks above say; else the last deployment.",
        "critical",
    ),
    "error-budget-low": Failure(
        "An objective is slowly being missed",
        "The error budget will be used up before its window ends.",
        "Something small that fails all the time: compare days with `opos slo --recount DAY`.",
        "warning",
    ),
    "events-quarantined": Failure(
        "Webhooks wait in quarantine",
        "They are authentic and kept, but nobody was told what they say.",
        "The sender has changed its format, or the mapping in opos.yaml does not fit.",
        "warning",
    ),
    "heartbeat-missed": Failure(
        "A job did not say that it lives",
        "What the job does, a backup perhaps, has not been done.",
        "The job failed, its machine is off, or the ping is not sent.",
    ),
    "clock-skewed": Failure(
        "The clock is wrong",
        "Signed webhooks are refused as too old or too new, and times are shown wrongly.",
        "Time synchronisation has stopped on this machine.",
        "warning",
    ),
    "certificate-ends": Failure(
        "A certificate ends soon, or has ended",
        "Senders and browsers will refuse to talk to that address.",
        "Its renewal failed.",
        "warning",
    ),
    "keys-unreachable": Failure(
        "An identity provider's keys cannot be fetched",
        "A look-up with a token whose key is not known yet is answered 503, whatever the flag.",
        "The provider is down, or the address of its keys has changed.",
        "warning",
    ),
    "secret-due": Failure(
        "A secret is due to be renewed",
        "Nothing yet: the longer it lives, the more it may have leaked.",
        "The day of rotate_by has come.",
        "warning",
    ),
    "memory-high": Failure(
        "A process uses much memory",
        "The platform ends it when it reaches its limit; what it was doing is done again.",
        "A leak, a very large webhook, or a limit that is too tight.",
        "warning",
    ),
    "deployment-unfinished": Failure(
        "A deployment was left unfinished",
        "Two versions may share the traffic, and the next deploy has this one to end first.",
        "Who deployed was interrupted, and nobody has called `opos deploy` or `opos rollback` since.",
        "warning",
    ),
    "flag-overridden": Failure(
        "A flag has been overridden for long",
        "Its rule in flags.yaml does not count.",
        "A kill switch that was meant for an hour.",
        "warning",
    ),
    "health-unknown": Failure(
        "A check could not be made",
        "Whether what it watches is well is not known.",
        "What the check needs did not answer in time; look at the other checks first.",
    ),
}
