"""The checks before a deploy changes anything. All problems are reported together."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

from opos.cloud import declared
from opos.cloud.gcloud import CloudError
from opos.company import check
from opos.deploy.check import Check
from opos.deploy.cloud_checks import looks
from opos.deploy.source import NoRepository, Source, source
from opos.deploy.target import Ground
from shared.alerting.places import courses_of
from shared.config.channels import ConsoleChannel
from shared.config.files.route_tests import outcome
from shared.config.model import RouteTest
from shared.records.schema import NOTE
from shared.verification import verify

AT_ONCE = 8


def preflight(ground: Ground, *, dirty: bool, untested: bool) -> list[Check]:
    """The checks of this machine, then those of the cloud if you are signed in."""
    near = [*_source(ground, dirty=dirty, untested=untested), _files(ground), _company(ground), _smoke(ground)]
    signed_in = _signed_in(ground)
    if not signed_in.ok:
        return [*near, signed_in]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [*near, signed_in, *pool.map(lambda look: look(), looks(ground))]


def _source(ground: Ground, *, dirty: bool, untested: bool) -> Iterator[Check]:
    try:
        checkout = source(ground.root)
    except NoRepository as fault:
        yield Check("commit", ok=False, said=fault.message, fix=fault.hint or "")
        return
    yield Check(
        "commit", dirty or not checkout.changed, _commit(checkout),
        "Commit the changes, or deploy them as they are with --dirty.",
    )  # fmt: skip
    yield Check(
        "tests", untested or checkout.tested, "passed" if checkout.tested else "have not passed for this commit",
        "Run `make test-all`, or deploy without it with --untested.",
    )  # fmt: skip


def _commit(checkout: Source) -> str:
    changed = checkout.changed
    if not changed:
        return checkout.commit[:7]
    files = "1 uncommitted file" if len(changed) == 1 else f"{len(changed)} uncommitted files"
    return f"{checkout.commit[:7]}, and {files}: {', '.join(changed[:3])}{', ...' if len(changed) > 3 else ''}"  # noqa: PLR2004


def _files(ground: Ground) -> Check:
    named = dict.fromkeys(declared.all_secrets(ground.config), "checked in the cloud")
    faults = verify(ground.place.config_file, ground.place.flags_file, named)
    said = "; ".join(map(str, faults)) or "valid"
    return Check(
        "opos.yaml and flags.yaml", not faults, said, "Run `opos verify`: it reports each error on its own line."
    )


def _company(ground: Ground) -> Check:
    """The kinds, and whether schema.json has them: from the deploy on, records of this version are stored."""
    checked = check(ground.place.company, ground.place.config_file)
    unnoted = [warning for warning in checked.warnings if warning.hint == NOTE]
    said = "; ".join(map(str, [*checked.faults, *unnoted])) or f"{len(checked.kinds)} kinds"
    fix = "Run `opos verify --note`: it reports each error on its own line. Commit company/schema.json."
    return Check("company/", not (checked.faults or unnoted), said, fix)


def _smoke(ground: Ground) -> Check:
    """The synthetic event must not notify anybody outside the console."""
    name, config = ground.deploy.smoke, ground.config
    routes = outcome(RouteTest(labels={"source": name, "severity": "critical"}), config).by_route
    stages = chain.from_iterable(courses_of((node for node, _ in routes), config.escalations).values())
    notified = dict.fromkeys(channel for stage in stages for channel in stage.channels)
    outside = [channel for channel in notified if not isinstance(config.channels[channel], ConsoleChannel)]
    said = f"alerts of {name} go to {', '.join(outside) or 'the console only'}"
    fix = f"Add a route {{matchers: [source={name}]}} with a channel and an escalation on the console."
    return Check("deploy.smoke", not outside, said, fix)


def _signed_in(ground: Ground) -> Check:
    try:
        accounts = ground.gcloud.json("auth", "list", "--filter=status:ACTIVE")
    except CloudError as fault:
        return Check("signed in", ok=False, said=fault.brief, fix=fault.hint or "")
    account = accounts[0]["account"] if accounts else "nobody"
    return Check("signed in", bool(accounts), account, "gcloud auth login && gcloud auth application-default login")
