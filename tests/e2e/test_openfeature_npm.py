"""OpenFeature's own JavaScript clients, as npm has them, run by node: a backend's asks for each flag, a page's for all
at once, and React's renders components with what the page's has got.
"""

import json
import subprocess
from datetime import timedelta
from typing import Any

import jwt
import pytest

from shared.services.flags.overrides import override, release
from tests.support import requirements as needs
from tests.support.bundle import Bundle

pytestmark = needs.npm

FLAGS = """
metadata: {team: shop}
flags:
  yes:       {state: ENABLED, variants: {on: true, off: false}, defaultVariant: on, metadata: {owner: me, rank: 3, part: 0.5, old: true}}
  no:        {state: ENABLED, variants: {on: true, off: false}, defaultVariant: off}
  text:      {state: ENABLED, variants: {short: "Grüße"}, defaultVariant: short}
  blank:     {state: ENABLED, variants: {none: ""}, defaultVariant: none}
  whole:     {state: ENABLED, variants: {much: 9007199254740991}, defaultVariant: much}
  part:      {state: ENABLED, variants: {bit: -0.25}, defaultVariant: bit}
  zero:      {state: ENABLED, variants: {none: 0}, defaultVariant: none}
  tree:      {state: ENABLED, variants: {big: {list: [1, 2.5, null, {deep: "x"}], on: false}}, defaultVariant: big}
  bare:      {state: ENABLED, variants: {none: {}}, defaultVariant: none}
  list:      {state: ENABLED, variants: {few: [1, "two"]}, defaultVariant: few}
  hers:
    state: ENABLED
    variants: {ada: "hello Ada", else: "hello"}
    defaultVariant: else
    targeting: {if: [{"==": [{var: targetingKey}, ada]}, ada]}
  pro:
    state: ENABLED
    variants: {on: true, off: false}
    defaultVariant: off
    targeting: {if: [{in: [{var: account.plan}, [pro, team]]}, on]}
  everyone:  {enabled: true, rollout: 99.9}
  members:   {enabled: true, requires_auth: true}
  asleep:    {state: DISABLED, variants: {on: true}, defaultVariant: on, metadata: {owner: me}}
  undecided: {state: ENABLED, variants: {on: true}}
  broken:    {state: ENABLED, variants: {on: true}, defaultVariant: on, targeting: {cat: [no, where]}}
"""
ADA = {"targetingKey": "ada", "account": {"plan": "pro"}}
Row = tuple[str, str, Any, Any, str | None, str, str | None]
"""Flag, type and default; and then value, variant, reason and error."""
BIG = {"list": [1, 2.5, None, {"deep": "x"}], "on": False}

ALIKE: list[Row] = [
    ("yes", "Boolean", False, True, "on", "STATIC", None),
    ("no", "Boolean", True, False, "off", "STATIC", None),
    ("text", "String", "x", "Grüße", "short", "STATIC", None),
    ("blank", "String", "x", "", "none", "STATIC", None),
    ("whole", "Number", 1, 9007199254740991, "much", "STATIC", None),
    ("part", "Number", 1, -0.25, "bit", "STATIC", None),
    ("zero", "Number", 1, 0, "none", "STATIC", None),
    ("tree", "Object", {"a": 1}, BIG, "big", "STATIC", None),
    ("bare", "Object", {"a": 1}, {}, "none", "STATIC", None),
    ("list", "Object", [], [1, "two"], "few", "STATIC", None),
    ("hers", "String", "x", "hello Ada", "ada", "TARGETING_MATCH", None),
    ("pro", "Boolean", False, True, "on", "TARGETING_MATCH", None),
    ("everyone", "Boolean", False, True, "on", "TARGETING_MATCH", None),
    ("members", "Boolean", True, False, "off", "TARGETING_MATCH", None),
    ("unheard-of", "Boolean", True, True, None, "ERROR", "FLAG_NOT_FOUND"),
    ("unheard-of", "Object", {"a": 1}, {"a": 1}, None, "ERROR", "FLAG_NOT_FOUND"),
    ("yes", "String", "x", "x", None, "ERROR", "TYPE_MISMATCH"),
    ("yes", "Object", {"a": 1}, {"a": 1}, None, "ERROR", "TYPE_MISMATCH"),
    ("text", "Number", 7, 7, None, "ERROR", "TYPE_MISMATCH"),
    ("whole", "Boolean", True, True, None, "ERROR", "TYPE_MISMATCH"),
    ("tree", "String", "x", "x", None, "ERROR", "TYPE_MISMATCH"),
    ("broken", "Boolean", False, False, None, "ERROR", "GENERAL"),
    ("broken", "Boolean", True, True, None, "ERROR", "GENERAL"),
]
NOBODY: list[Row] = [
    ("hers", "String", "x", "hello", "else", "UNKNOWN", None),
    ("pro", "Boolean", True, False, "off", "UNKNOWN", None),
]
# The backend's provider is from before OFREP let an answer go without a value: it calls that a fault, to the same end.
NO_VALUE: dict[str, list[Row]] = {
    "backend": [
        ("asleep", "Boolean", False, False, None, "ERROR", "GENERAL"),
        ("asleep", "Boolean", True, True, None, "ERROR", "GENERAL"),
        ("undecided", "String", "x", "x", None, "ERROR", "GENERAL"),
    ],
    "page": [
        ("asleep", "Boolean", False, False, "", "DISABLED", None),
        ("asleep", "Boolean", True, True, "", "DISABLED", None),
        ("undecided", "String", "x", "x", "", "UNKNOWN", None),
    ],
}
REFUSED = {
    "backend": {"status": "READY", "fault": None, "error": "GENERAL"},
    "page": {"status": "FATAL", "fault": "ProviderFatalError", "error": "PROVIDER_FATAL"},
}
IDENTITY = "flags: {identity: [{issuer: shop, audience: shop, secret: FLAGS_KEY}]}\n"
CLIENTS = {"server.mjs": "backend", "web.mjs": "page", "react.mjs": "page"}
providers = pytest.mark.parametrize("provider", CLIENTS)


@pytest.fixture
def bundle(embedded: Bundle) -> Bundle:
    (embedded.folder / "flags.yaml").write_text(FLAGS)
    embedded.runtime.settings.environment["FLAGS_KEY"] = "k" * 32  # type: ignore[index]
    return embedded


def command(provider: str, bundle: Bundle, rows: list[Row], context: object = None, token: str = "") -> list[str]:
    asked = [{"key": key, "type": type_, "default": default} for key, type_, default, *_ in rows]
    return ["node", provider, bundle.url, json.dumps(asked), json.dumps(context or {}), token]


def run(provider: str, bundle: Bundle, rows: list[Row], context: object = None, token: str = "") -> dict[str, Any]:
    words = command(provider, bundle, rows, context, token)
    done = subprocess.run(
        words, cwd=needs.NPM, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def as_rows(rows: list[Row], found: dict[str, Any]) -> list[Row]:
    """*rows* with what was *found* in place of what was expected."""
    return [
        (*row[:3], one["value"], one.get("variant"), one["reason"], one.get("errorCode"))
        for row, one in zip(rows, found["answers"], strict=True)
    ]


@providers
@pytest.mark.parametrize(("context", "rows"), [(ADA, ALIKE), ({}, NOBODY)], ids=["ada", "nobody"])
def test_each_type_and_fault_is_what_openfeature_says(
    bundle: Bundle, provider: str, context: object, rows: list[Row]
) -> None:
    found = run(provider, bundle, rows, context)
    assert as_rows(rows, found) == rows
    assert (found["status"], found.get("fault")) == ("READY", None)


@providers
def test_where_the_server_has_no_value_the_codes_own_counts(bundle: Bundle, provider: str) -> None:
    rows = NO_VALUE[CLIENTS[provider]]
    assert as_rows(rows, run(provider, bundle, rows)) == rows


@providers
def test_metadata_comes_along_the_flags_own_before_the_files(bundle: Bundle, provider: str) -> None:
    rows: list[Row] = [("yes", "Boolean", False, True, "on", "STATIC", None)]
    (found,) = run(provider, bundle, rows)["answers"]
    assert found["flagMetadata"] == {"team": "shop", "owner": "me", "rank": 3, "part": 0.5, "old": True}


@providers
def test_a_broken_flag_says_what_is_wrong_with_it(bundle: Bundle, provider: str) -> None:
    rows: list[Row] = [("broken", "Boolean", True, True, None, "ERROR", "GENERAL")]
    (found,) = run(provider, bundle, rows)["answers"]
    assert found["errorMessage"] == "The rule of broken returned 'nowhere', which is not a variant of the flag."


@providers
def test_a_token_proves_the_user_to_the_flags(bundle: Bundle, provider: str) -> None:
    bundle.configure(IDENTITY)
    now = bundle.clock.now()
    claims = {"iss": "shop", "aud": "shop", "sub": "ada", "iat": now, "exp": now + timedelta(hours=1)}
    rows: list[Row] = [
        ("members", "Boolean", False, True, "on", "TARGETING_MATCH", None),
        ("hers", "String", "x", "hello Ada", "ada", "TARGETING_MATCH", None),
    ]
    assert as_rows(rows, run(provider, bundle, rows, token=jwt.encode(claims, "k" * 32, "HS256"))) == rows


@providers
def test_a_token_that_proves_nothing_is_refused_and_the_codes_own_value_counts(bundle: Bundle, provider: str) -> None:
    bundle.configure(IDENTITY)
    refused = REFUSED[CLIENTS[provider]]
    rows: list[Row] = [("yes", "Boolean", own, own, None, "ERROR", refused["error"]) for own in (False, True)]
    found = run(provider, bundle, rows, token="forged")
    assert as_rows(rows, found) == rows
    assert (found["status"], found.get("fault")) == (refused["status"], refused["fault"])
    assert bundle.request("POST", "/ofrep/v1/evaluate/flags", b"{}", {"authorization": "Bearer forged"}).status == 401


@providers
def test_while_the_server_is_away_the_codes_own_value_counts(bundle: Bundle, provider: str) -> None:
    bundle.server.shutdown()
    bundle.server.server_close()
    error = {"backend": "GENERAL", "page": "FLAG_NOT_FOUND"}[CLIENTS[provider]]
    rows: list[Row] = [("yes", "Boolean", own, own, None, "ERROR", error) for own in (False, True)]
    assert as_rows(rows, run(provider, bundle, rows)) == rows


SWITCHED = """flags:
  checkout: {enabled: true}
  express:  {enabled: true, requires: [checkout]}
  colour:
    state: ENABLED
    variants: {red: "#f00", grey: "#888"}
    defaultVariant: grey
    targeting: {if: [{"==": [{flag: checkout}, "on"]}, red, grey]}
"""
ON: list[Row] = [
    ("checkout", "Boolean", True, True, "on", "STATIC", None),
    ("express", "Boolean", True, True, "on", "TARGETING_MATCH", None),
    ("colour", "String", "x", "#f00", "red", "TARGETING_MATCH", None),
]
OFF: list[Row] = [
    ("checkout", "Boolean", True, False, "off", "STATIC", None),
    ("express", "Boolean", True, False, "off", "TARGETING_MATCH", None),
    ("colour", "String", "x", "#888", "grey", "TARGETING_MATCH", None),
]


def kill(bundle: Bundle) -> None:
    now = bundle.clock.now()
    until = now + timedelta(hours=1)
    override("checkout", "off", bundle.store, who="me", why="it charges twice", until=until, now=now)


@providers
def test_a_flag_that_was_overridden_before_the_server_started_is_off(bundle: Bundle, provider: str) -> None:
    (bundle.folder / "flags.yaml").write_text(SWITCHED)
    kill(bundle)
    result = run(provider, bundle, ON)
    assert as_rows(OFF, result) == OFF
    assert [details["flagMetadata"] for details in result["answers"]] == [{"overridden": True}, {}, {}]


@providers
def test_a_client_that_runs_turns_a_flag_off_and_on_again_after_idle_time(bundle: Bundle, provider: str) -> None:
    (bundle.folder / "flags.yaml").write_text(SWITCHED)
    words = command(provider, bundle, ON)
    with subprocess.Popen(words, cwd=needs.NPM, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client:
        assert client.stdin is not None
        assert client.stdout is not None
        assert as_rows(ON, json.loads(client.stdout.readline())) == ON
        for change, rows in ((kill, OFF), (revive, ON)):
            change(bundle)
            bundle.runtime.overrides.asking.every = -1.0  # as if the last answer were long ago
            print(file=client.stdin, flush=True)
            assert as_rows(rows, json.loads(client.stdout.readline())) == rows
        client.stdin.close()
        assert client.wait(60) == 0


def revive(bundle: Bundle) -> None:
    release("checkout", bundle.store, who="me", now=bundle.clock.now())
