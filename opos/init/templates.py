"""The text of opos.yaml and flags.yaml, from the answers."""

from collections.abc import Iterator

from opos.init.page_channel import channels
from opos.init.questions import SMOKE, WINDOW, Answers
from opos.init.yaml_text import digest, quiet_hours
from opos.senders.catalogue import known, sender
from opos.yaml_entries import quoted

SMOKE_SECRET = "OPOS_SMOKE_SECRET"  # noqa: S105  (its name)
_HEAD = """\
# Your configuration. `opos verify` checks it, and so do `opos up` and CI. It names secrets, but never contains them:
# opos reads each secret from .env beside this file, the environment variable NAME, or the file that NAME_FILE names.
owner: {email}
timezone: {timezone}
"""
_PUBLIC_URL = "public_url: {url}   # where senders and your phone reach opos\n"
_ALERT = "{when: data.severity, title: data.title, severity: data.severity, status: data.status, fingerprint: data.id}"
_OWN_APP = """\
{name}:   # adapt it: docs/senders.md explains schemes and mappings
  scheme: standard-webhooks   # for your own app; other senders: hmac, bearer or basic
  secrets: [{secret}]
  alert: {alert}
  event: {{title: data.title}}
"""
_OWN_APP_VALUE = "{{scheme: standard-webhooks, secrets: [{secret}], alert: {alert}, event: {{title: data.title}}}}"
_SMOKE_ALERT = "{title: data.title, severity: data.severity, status: data.status, fingerprint: data.id}"
SMOKE_SOURCE = f"{{scheme: standard-webhooks, secrets: [{SMOKE_SECRET}], alert: {_SMOKE_ALERT}}}"
SMOKE_LINES = f"""\
{SMOKE}:   # the smoke test of `opos deploy`
  scheme: standard-webhooks
  secrets: [{SMOKE_SECRET}]
  alert: {_SMOKE_ALERT}
"""
SMOKE_ROUTE = f"{{matchers: [source={SMOKE}], channel: desk}}"
_REST = """\
digest: {{channel: {channel}, {due}}}   # everything else goes into a digest
{focus}
# heartbeats: {{backup: {{every: 1d, grace: 1h}}}}   # `opos heartbeat url backup` prints what the job pings
"""
_FOCUS = '# focus: {blocks: [{name: deep work, days: mon-fri, from: "09:00", to: "12:00"}]}'
_QUIET = "focus: {{blocks: [{block}]}}   # only critical alerts notify you"
_DEPLOY = """\
deploy:                                     # `opos deploy --target ...`
  targets:
{targets}
  smoke: {smoke}
  steps: [10, 50, 100]                      # percent of the traffic; opos watches each step for `bake`
  bake: 2m
"""
FLAGS = """\
# Feature flags of your product. `rollout` is the percentage of users; the same user always gets the same value.
# Try it: curl 'localhost:8080/flags/new_checkout?targetingKey=u1'
flags:
  new_checkout: {enabled: true, rollout: 25}
  dark_mode: {enabled: false}
"""


def config(answers: Answers) -> str:
    """The text of opos.yaml."""
    head = _HEAD.format(email=quoted(answers.email), timezone=answers.timezone)
    public = [_PUBLIC_URL.format(url=quoted(answers.public_url))] if answers.public_url else []
    deployed = ["\n", deploy_lines(answers)] if answers.targets else []
    return "".join([head, *public, *_sources(answers), *_channels(answers), *_route(answers), *deployed])


def source(name: str) -> tuple[str, str]:
    """The value of the source *name* in YAML's flow style, and the lines of its entry in a mapping of lines."""
    shape = sender(name)
    if name in known():
        value = f"{{scheme: {shape.scheme}, secrets: [{shape.secret}]}}"
        return value, f"{name}: {value}"
    places = {"name": quoted(name), "secret": shape.secret, "alert": _ALERT}
    return _OWN_APP_VALUE.format(**places), _OWN_APP.format(**places)


def target(project: str, region: str) -> str:
    return f"{{project: {quoted(project)}, region: {region}}}"


def deploy_value(answers: Answers) -> str:
    """The same section in YAML's flow style."""
    targets = ", ".join(f"{name}: {target(project, answers.region)}" for name, project in answers.targets.items())
    return f"{{targets: {{{targets}}}, smoke: {SMOKE}, steps: [10, 50, 100], bake: 2m}}"


def deploy_lines(answers: Answers) -> str:
    """The section `deploy` of opos.yaml."""
    targets = [f"    {name}: {target(project, answers.region)}" for name, project in answers.targets.items()]
    return _DEPLOY.format(targets="\n".join(targets), smoke=SMOKE)


def _sources(answers: Answers) -> Iterator[str]:
    names = answers.senders
    yield "\nsources:\n" if names or answers.targets else "\nsources: {}\n"
    width = max((len(name) for name in names), default=0) + 1
    for name in names:
        value, lines = source(name)
        yield f"  {name + ':':<{width}} {value}\n" if name in known() else _indented(lines)
    if answers.targets:
        yield _indented(SMOKE_LINES)


def _indented(lines: str) -> str:
    return "".join(f"  {line}\n" for line in lines.splitlines())


def _channels(answers: Answers) -> Iterator[str]:
    yield "\nchannels:\n  desk: {console: true}                     # the console and the terminal\n"
    yield from (f"  {channel.line}\n" for channel in channels(answers))


def _route(answers: Answers) -> Iterator[str]:
    critical = next((channel.name for channel in channels(answers)), "desk")
    where = "# critical alerts notify you here immediately; docs/alerting.md has more"
    if answers.targets:
        yield f"\nroute:\n  channel: {critical}   {where}\n  routes: [{SMOKE_ROUTE}]\n"
    else:
        yield f"\nroute:  {{channel: {critical}}}   {where}\n"
    size = {"size": "5"} if answers.digest == WINDOW else {}
    due = ", ".join(f"{key}: {value}" for key, value in (digest(answers.digest) | size).items())
    focus = _QUIET.format(block=quiet_hours(answers.quiet)) if answers.quiet else _FOCUS
    yield _REST.format(channel="inbox" if critical == "inbox" else "desk", due=due, focus=focus)
