"""However the resolves of a group's alerts interleave, the channel hears of it once, after the last of them."""

from collections.abc import Callable
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from functions.alert_router.handler import handle
from functions.sweeper.stuck_messages import send_stuck_pages
from shared.config.model import Config
from shared.services.alerting.acknowledgement import act_on_group
from tests.property.test_interleaving import SCHEDULES, Turnstile, until_it_commits
from tests.support.events import accepted, disk_full
from tests.support.fakes import CONFIG, FakeContext

RULES = Config.model_validate({**CONFIG, "route": {"channel": "desk", "group_by": ["source"]}})
ALERTS = ("disk", "cpu", "memory")


def notices(context: FakeContext) -> list[str]:
    return [notice.title for _, notice in context.channels["desk"].sent if notice.resolves]


def told(store: Turnstile) -> FakeContext:
    """A bundle that has notified about all ALERTS in one group."""
    context = FakeContext(store=store, config=RULES)
    handle(accepted(context, "d", *(disk_full(fingerprint=name, title=name) for name in ALERTS)), context)
    context.clock.advance(minutes=5)
    return context


def step_of(resolve: str, context: FakeContext) -> Callable[[], object]:
    if resolve == "you":
        (group,) = context.store.query("groups")
        return lambda: act_on_group(group.id, "resolve", context, by="link")
    message = accepted(context, resolve, disk_full(fingerprint=resolve, title=resolve, status="resolved"))
    return lambda: until_it_commits(lambda: handle(message, context))


@given(st.lists(st.sampled_from((*ALERTS, "you")), min_size=1, max_size=5, unique=True), SCHEDULES)
def test_one_notice_follows_the_last_resolve(resolves: list[str], schedule: list[int]) -> None:
    store = Turnstile()
    context = told(store)
    steps = [step_of(resolve, context) for resolve in resolves]
    store.run([*steps, lambda: send_stuck_pages(context)], schedule)
    later = FakeContext(store=store, config=RULES, channels=context.channels)
    later.clock.moment = context.now + timedelta(minutes=1)
    send_stuck_pages(later)
    is_over = "you" in resolves or {*resolves} >= {*ALERTS}
    assert len(notices(context)) == int(is_over)
    assert {alert.data["state"] for alert in store.query("alerts")} >= ({"resolved"} if is_over else {"firing"})
