"""Every failure that opos can name, in the order in which you should act. docs/runbooks has one page for each."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.events import Severity


@dataclass(frozen=True, slots=True)
class Failure:
    """A named problem of opos itself, and the texts that describe it.

    `severity` is that of its alert; None if another alert reports it, or if only the dead man's switch can.
    """

    title: str
    affects: str
    cause: str
    severity: Severity | None = None
    blocks_alerts: bool = False
    """Whether it can stop its own alert from reaching you. While it lasts, opos does not ping the dead man's switch."""


FAILURES: Mapping[str, Failure] = {
    "store-unreachable": Failure(
        "The store is unreachable",
        "opos accepts no webhooks: it answers 503, and senders try again. You get no notifications.",
        "Firestore is down, or a permission is missing. Embedded: the database file is missing or locked.",
        blocks_alerts=True,
    ),
    "data-file-replaced": Failure(
        "The data file was removed or replaced",
        "opos accepts no webhooks: it answers 503, and senders try again. You get no notifications.",
        "Something removed, moved or replaced opos.db, or a file next to it, while opos was running.",
        blocks_alerts=True,
    ),
    "data-file-damaged": Failure(
        "The data file is damaged",
        "opos cannot read some of its documents: alerts, digests or events may be missing, and webhooks may get 503.",
        "A disk that fails, a power cut, or a program that changed or copied over opos.db.",
        "critical",
        blocks_alerts=True,
    ),
    "disk-full": Failure(
        "The disk is full or almost full",
        "When the disk is full, opos accepts no webhooks: it answers 503, and senders try again. You get no"
        " notifications.",
        "The event log, or something else on this disk, has grown.",
        "critical",
        blocks_alerts=True,
    ),
    "bus-unreachable": Failure(
        "The bus is unreachable",
        "opos stores webhooks but does not route them: no notification and no digest is sent.",
        "Pub/Sub is down, a topic is missing, or the permission to publish is missing.",
        blocks_alerts=True,
    ),
    "sweeper-stopped": Failure(
        "The sweeper has stopped",
        "opos does not retry what is stuck, escalate alerts, or close digests on time.",
        "Cloud Scheduler's job is paused, its topic or subscription is missing, or the sweeper crashes.",
        blocks_alerts=True,
    ),
    "events-unhandled": Failure(
        "Accepted events are not handled",
        "Their alerts have not notified you and are in no digest.",
        "The router crashes on them, its subscription is missing, or the store is too slow.",
        "critical",
        blocks_alerts=True,
    ),
    "outbox-stuck": Failure(
        "Notifications are stuck",
        "opos decided to notify you, but the notification has not left.",
        "The channel rejects the message or does not answer; the console shows which channel and why.",
        "critical",
        blocks_alerts=True,
    ),
    "channel-unreachable": Failure(
        "A channel is unreachable",
        "The next notification or digest on it will be late.",
        "The receiver is down, its address or login has changed, or a firewall blocks it.",
        "warning",
    ),
    "messages-dead": Failure(
        "Messages could not be processed",
        "Their work was not done. opos keeps each message, and you can replay those of an event.",
        "A function crashes on them, because of the last deployment or an unexpected payload.",
    ),
    "pages-refused": Failure(
        "Notifications were not delivered",
        "opos has stopped trying: these notifications will not reach you.",
        "The channel's address or login is wrong, or the service no longer accepts such messages.",
        "critical",
        blocks_alerts=True,
    ),
    "digests-refused": Failure(
        "Digests were not delivered",
        "opos has stopped trying; the console shows their content.",
        "The channel's address or login is wrong, or the mail provider rejects them.",
        "warning",
    ),
    "digest-late": Failure(
        "A digest is late",
        "You have not received the items that wait for it.",
        "The digest sender crashes, its subscription is missing, or its channel does not answer.",
        "warning",
    ),
    "store-slow": Failure(
        "The store is slow",
        "opos accepts webhooks late, and a sender with a short timeout gives up.",
        "A document with many writers, a problem in the region, or a busy disk.",
        "warning",
    ),
    "error-budget-burning": Failure(
        "An error budget is burning too fast",
        "You will soon miss an objective (`slos:` in opos.yaml) if this continues.",
        "The other failing checks, or else the last deployment.",
        "critical",
    ),
    "error-budget-low": Failure(
        "An error budget will run out early",
        "At this rate, the error budget is used up before its window ends.",
        "A small, constant problem: compare days with `opos slo --recount DAY`.",
        "warning",
    ),
    "company-broken": Failure(
        "Your code in company/ cannot be loaded",
        "The record keeper takes no event into the records. The events wait; alerts and digests are as usual.",
        "A mistake in a file in `company/`, which the check names with its line.",
        "warning",
    ),
    "events-quarantined": Failure(
        "Webhooks are in quarantine",
        "They are authentic and stored, but opos did not act on them, so you have not seen what they say.",
        "The sender has changed its format, or the mapping in opos.yaml does not match it.",
        "warning",
    ),
    "webhooks-rejected": Failure(
        "Webhooks are rejected",
        "opos does not store these webhooks, so you do not see what they say. Some senders never send them again.",
        "The secret differs from the sender's, a proxy changes the request, or a clock is wrong.",
        "warning",
    ),
    "secret-malformed": Failure(
        "A secret has whitespace or quotes around it",
        "The value differs from the sender's or the receiver's, so signatures and logins fail.",
        "An editor or a shell left it there: a file with Windows line ends (CRLF), or a line break at the end.",
        "warning",
    ),
    "heartbeat-missed": Failure(
        "A heartbeat was missed",
        "The job's work, such as a backup, was probably not done.",
        "The job failed, its machine is off, or it does not send the ping.",
    ),
    "data-file-exposed": Failure(
        "Other users can read the data file",
        "Every user of this machine can read your webhooks and alerts.",
        "The files belong to another user, so opos could not change their mode to 0600.",
        "warning",
    ),
    "clock-skewed": Failure(
        "The clock is wrong",
        "opos rejects signed webhooks as too old or too new, and shows wrong times.",
        "Time synchronisation has stopped on this machine.",
        "warning",
    ),
    "certificate-ends": Failure(
        "A certificate expires soon or has expired",
        "Once it has expired, senders and browsers refuse to connect to its address.",
        "Its renewal failed.",
        "warning",
    ),
    "keys-unreachable": Failure(
        "An identity provider's keys cannot be fetched",
        "Flag evaluations whose token has a new key are answered 503.",
        "The provider is down, or the address of its keys has changed.",
        "warning",
    ),
    "secret-due": Failure(
        "A secret is due for rotation",
        "Nothing yet, but the longer a secret is in use, the more likely it has leaked.",
        "Its date under `rotate_by:` in opos.yaml has come.",
        "warning",
    ),
    "flags-unreadable": Failure(
        "The flags file is invalid or missing",
        "Changes to flags.yaml have no effect. A process that starts now answers every flag with an error.",
        "flags.yaml was changed or removed while opos was running, and `opos verify` was not run before.",
        "warning",
    ),
    "memory-high": Failure(
        "A process uses too much memory",
        "The platform kills the process when it reaches its limit; opos then does the interrupted work again.",
        "A memory leak, a very large webhook, or a limit that is too low.",
        "warning",
    ),
    "deployment-unfinished": Failure(
        "A deployment is unfinished",
        "Two versions may share the traffic, and the next deploy must first finish this one.",
        "The deploy was interrupted, and nobody has run `opos deploy` or `opos rollback` since.",
        "warning",
    ),
    "flag-overridden": Failure(
        "A flag has been overridden for a long time",
        "Its rule in flags.yaml has no effect.",
        "Somebody set an override for a short time and did not end it.",
        "warning",
    ),
    "health-unknown": Failure(
        "A check could not run",
        "opos does not know whether the part that it checks works.",
        "Something that the check needs did not answer in time; look at the other checks first.",
    ),
}
