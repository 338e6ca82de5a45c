"""What has to be so before anything is changed; all that is not is named at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from opos.cloud import declared
from opos.cloud.gcloud import CloudError
from opos.deploy.check import Check
from opos.deploy.cloud_checks import looks
from opos.deploy.source import NoRepository, source
from opos.deploy.target import Ground
from shared.alerting.groups import channels_of
from shared.config.channels import ConsoleChannel
from shared.config.files.route_tests import outcome
from shared.config.files.verification import verify
from shared.config.model import RouteTest

AT_ONCE = 8


def preflight(ground: Ground, *, dirty: bool, untested: bool) -> list[Check]:
    """Everything that can be asked here first, then, if one is signed in, everything in the cloud."""
    near = [*_source(ground, dirty=dirty, untested=untested), _files(ground), _smoke(ground)]
    signed_in = _signed_in(ground)
    if not signed_in.ok:
        return [*near, signed_in]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [*near, signed_in, *pool.map(lambda look: look(), looks(ground))]


def _source(ground: Ground, *, dirty: bool, untested: bool) -> Iterator[Check]:
    try:
        found = source(ground.root)
    except NoRepository as fault:
        yield Check("commit", ok=False, said=fault.message, fix=fault.hint or "")
        return
    changed = f"{len(found.changed)} files differ from it: {', '.join(found.changed[:3])}" if found.changed else ""
    yield Check(
        "commit", dirty or not changed, f"{found.commit[:7]} {changed}".strip(),
        "Commit them, or say that it is meant: --dirty",
    )  # fmt: skip
    yield Check(
        "tests", untested or found.tested, "have passed" if found.tested else "have not passed for this commit",
        "make test-all, or say that it is meant: --untested",
    )  # fmt: skip


def _files(ground: Ground) -> Check:
    named = dict.fromkeys(declared.all_secrets(ground.config), "is looked for in the cloud")
    faults = verify(ground.place.config_file, ground.place.flags_file, named)
    said = "; ".join(map(str, faults)) or "good"
    return Check("opos.yaml and flags.yaml", not faults, said, "`opos verify` shows each on a line of its own.")


def _smoke(ground: Ground) -> Check:
    """A synthetic event must wake nobody."""
    name, config = ground.deploy.smoke, ground.config
    taken, _ = outcome(RouteTest(labels={"source": name, "severity": "critical"}), config)
    levels = config.escalations[escalation].levels if (escalation := taken[-1].settings.escalation) else ()
    told = dict.fromkeys([*channels_of(taken), *(level.channel for level in levels)])
    loud = [one for one in told if not isinstance(config.channels[one], ConsoleChannel)]
    said = f"what {name} sends goes to {', '.join(loud) or 'the console alone'}"
    fix = f"Give it a route of its own, {{matchers: [source={name}]}}, with a channel and an escalation on the console."
    return Check("deploy.smoke", not loud, said, fix)


def _signed_in(ground: Ground) -> Check:
    try:
        found = ground.gcloud.json("auth", "list", "--filter=status:ACTIVE")
    except CloudError as fault:
        return Check("signed in", ok=False, said=fault.brief, fix=fault.hint or "")
    who = found[0]["account"] if found else "nobody"
    return Check("signed in", bool(found), who, "gcloud auth login && gcloud auth application-default login")
