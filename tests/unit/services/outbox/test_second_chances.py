"""What becomes of a message that its receiver rejects: its second form, then another channel."""

from dataclasses import dataclass, field

import pytest

from shared.config.model import Config
from shared.errors import AlreadyExists, Conflict, DeliveryError
from shared.ports import Create, Doc, Notice, Receipt, Update
from shared.services.outbox.addressees import addressed
from shared.services.outbox.delivery import due, intent, retake, send
from shared.services.outbox.outcome import MAX_ATTEMPTS, writes
from tests.support.fakes import CONFIG, FakeContext, RecordingChannel

REJECTED = DeliveryError("rejected", permanent=True, detail="HTTP 413")
CHANNELS = {
    "desk": {"console": True},
    "phone": {"ntfy": "PHONE"},
    "inbox": {"console": True},
    "chat": {"slack": "CHAT"},
}


@dataclass
class Picky(RecordingChannel):
    """Rejects what has more than `longest` characters of text; remembers every attempt."""

    longest: int = 0
    attempts: list[tuple[str, Notice]] = field(default_factory=list)

    def send(self, notice: Notice, key: str) -> Receipt:
        self.attempts.append((key, notice))
        if len(notice.text) > self.longest:
            raise REJECTED
        return super().send(notice, key)


@pytest.fixture
def context() -> FakeContext:
    context = FakeContext(config=Config.model_validate({**CONFIG, "channels": CHANNELS}))
    context.channels |= {"phone": RecordingChannel(), "chat": RecordingChannel()}
    return context


def committed(context: FakeContext, path: str = "outbox/a", channel: str = "phone", **content: object) -> Doc:
    message = intent(
        channel=channel, title="Disk full", text="x" * 999, severity="critical", link="https://x.example",
        ack={"group": "g", "call": "c"}, now=context.now,
    )  # fmt: skip
    context.store.commit([Create(path, {**message, **content})])
    return context.store.docs[path]


def substitutes(context: FakeContext) -> list[Doc]:
    return [doc for path, doc in context.store.docs.items() if path.startswith("outbox/") and "tried" in doc.data]


def swept(context: FakeContext) -> None:
    context.clock.advance(minutes=1)
    for doc in [own for message in list(due("outbox", context, limit=9)) for own in addressed(message, context)]:
        attempt = retake(doc, context)
        assert attempt is not None
        attempt.outcome()


def test_a_rejected_message_is_sent_again_as_its_title_and_its_links(context: FakeContext) -> None:
    context.channels["phone"] = picky = Picky(longest=200)
    assert send(committed(context), context) == "sent"
    (_, whole), (_, short) = picky.attempts
    assert len({key for key, _ in picky.attempts}) == 1, "a receiver that knows the key shows one message"
    assert (short.title, short.ack_url, short.severity) == (whole.title, whole.ack_url, "critical")
    assert "HTTP 413" in short.text
    assert "only its title and links: HTTP 413" in context.store.docs["outbox/a"].data["receipt"]["detail"]
    assert substitutes(context) == []


def test_the_short_form_of_a_digest_leads_to_the_digest(context: FakeContext) -> None:
    context.channels["phone"] = picky = Picky(longest=200)
    context.notices = {"content": lambda _doc, _context: Notice("3 alerts", "y" * 999, "https://opos.example/digest/t")}
    assert send(committed(context, "digests/d", content={}), context) == "sent"
    assert picky.sent[0][1].link == "https://opos.example/digest/t"


@pytest.mark.parametrize(
    "fault",
    [
        DeliveryError("timeout"),
        DeliveryError("unauthorized", permanent=True),
        DeliveryError("misconfigured", permanent=True),
    ],
)
def test_no_shorter_form_helps_against_another_fault(context: FakeContext, fault: DeliveryError) -> None:
    context.channels["phone"].faults = [fault]
    assert send(committed(context), context) in {"pending", "failed"}
    assert context.channels["phone"].sent == []


def test_after_a_crash_between_the_two_forms_the_next_attempt_ends_as_this_one_would_have(context: FakeContext) -> None:
    class Crash(BaseException):
        pass

    class Crashing(Picky):
        def send(self, notice: Notice, key: str) -> Receipt:
            if self.attempts:
                raise Crash
            return super().send(notice, key)

    context.channels["phone"] = Crashing(longest=200)
    committed(context)
    with pytest.raises(Crash):
        send(context.store.docs["outbox/a"], context)
    restarted = FakeContext(store=context.store, clock=context.clock, config=context.config)
    restarted.channels |= {"phone": Picky(longest=200)}
    swept(restarted)
    assert restarted.store.docs["outbox/a"].data["state"] == "sent"
    assert len(restarted.channels["phone"].sent) == 1


def test_a_message_that_is_given_up_comes_on_the_next_channel_with_its_links(context: FakeContext) -> None:
    context.channels["phone"] = Picky()
    assert send(committed(context), context) == "failed"
    assert context.channels["chat"].sent == []
    swept(context)
    ((_, notice),) = context.channels["chat"].sent
    assert notice.title == "Disk full"
    assert notice.text.startswith("opos could not deliver this on phone (not delivered: rejected: HTTP 413).\nxxx")
    assert (notice.link, "/ack/" in notice.ack_url, notice.severity) == ("https://x.example", True, "critical")
    assert context.channels["desk"].sent == []


def test_so_does_one_that_was_tried_too_often(context: FakeContext) -> None:
    context.channels["phone"].faults = [DeliveryError("unreachable")]
    assert send(committed(context, attempts=MAX_ATTEMPTS), context) == "parked"
    swept(context)
    assert len(context.channels["chat"].sent) == 1


def test_a_digest_that_is_given_up_leaves_a_link_to_it_on_the_next_channel(context: FakeContext) -> None:
    context.channels["phone"] = Picky()
    context.notices = {"content": lambda doc, _context: Notice(doc.data["notice"]["title"], "y")}
    assert send(committed(context, "digests/d", content={}), context) == "failed"
    (substitute,) = substitutes(context)
    assert context.links.read("digest", substitute.data["notice"]["link"].rsplit("/")[-1], now=context.now) == {
        "digest": "d", "exp": int(context.now.timestamp()) + 30 * 86_400,
    }  # fmt: skip


def test_each_channel_has_one_turn_and_then_it_ends(context: FakeContext) -> None:
    context.channels |= {"phone": Picky(), "chat": Picky()}
    send(committed(context), context)
    for _ in range(9):
        swept(context)
    assert [doc.data["channel"] for doc in substitutes(context)] == ["chat"]
    assert [doc.data["state"] for doc in context.store.docs.values()] == ["failed", "failed"]


def test_with_no_other_channel_there_is_no_other_message(context: FakeContext) -> None:
    context.config = Config.model_validate(
        {**CONFIG, "channels": {name: CHANNELS[name] for name in ("desk", "phone", "inbox")}}
    )
    context.channels["phone"] = Picky()
    assert send(committed(context), context) == "failed"
    assert substitutes(context) == []


@pytest.mark.parametrize("first_is_again", [False, True])
def test_two_workers_that_end_one_attempt_leave_one_message(context: FakeContext, *, first_is_again: bool) -> None:
    doc = committed(context)
    ended = {"state": "failed", "due_at": None, "last_fault": "not delivered: rejected"}
    again = writes(doc, ended, doc.version, context)  # type: ignore[arg-type]
    context.store.commit(again)
    if first_is_again:
        now = context.store.docs["outbox/a"]
        with pytest.raises(AlreadyExists):
            context.store.commit([Update(now.path, {}, now.version), *again[1:]])
    with pytest.raises(Conflict):
        context.store.commit(again)
    assert len(substitutes(context)) == 1


def test_a_message_that_was_retried_by_hand_leaves_no_other_on_the_same_channel(context: FakeContext) -> None:
    context.channels["phone"] = Picky()
    send(committed(context), context)
    doc = context.store.docs["outbox/a"]
    context.store.commit(
        [Update(doc.path, {"state": "pending", "attempts": 0, "due_at": "2026-01-01T00:00:00Z"}, doc.version)]
    )
    swept(context)
    assert (context.store.docs["outbox/a"].data["state"], len(substitutes(context))) == ("failed", 1)


def test_the_turns_of_the_channels_end_too_if_each_has_an_addressee_who_gets_nothing(context: FakeContext) -> None:
    ann, eve = RecordingChannel(), RecordingChannel()
    context.several = {"phone": {"ann": ann, "bob": Picky()}, "chat": {"eve": eve, "fay": Picky()}}
    send(committed(context), context)
    for _ in range(9):
        swept(context)
    assert (len(ann.sent), len(eve.sent)) == (1, 1)
    assert len(context.store.docs) == 4


def test_a_channel_gets_one_message_though_two_addressees_of_another_did_not(context: FakeContext) -> None:
    context.several = {"phone": {"ann": Picky(), "bob": Picky()}}
    send(committed(context), context)
    for _ in range(3):
        swept(context)
    (substitute,) = substitutes(context)
    assert len(context.channels["chat"].sent) == 1
    assert {doc.data.get("substitute") for doc in context.store.docs.values()} == {substitute.path, None}


def test_a_copy_of_a_resolved_notice_is_one_and_is_worth_no_other_message(context: FakeContext) -> None:
    context.several = {"phone": {"ann": Picky(), "bob": Picky()}}
    send(committed(context, resolves={"group": "g", "channel": "phone", "call": "c", "page": "outbox/p"}), context)
    assert ["resolves" in doc.data for doc in context.store.docs.values()] == [True, True]
    assert substitutes(context) == []


def test_a_message_in_the_place_of_a_late_one_says_when_that_was_written(context: FakeContext) -> None:
    context.channels["phone"].faults = [DeliveryError("unreachable")]
    doc = committed(context, attempts=MAX_ATTEMPTS)
    context.clock.advance(hours=7)
    send(doc, context)
    swept(context)
    ((_, notice),) = context.channels["chat"].sent
    assert notice.text.splitlines()[-1] == "Late: opos wrote this at 09:00 and could not send it before."
