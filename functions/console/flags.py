"""The flags page: the value of each flag and how often it was asked for, an override, and why a user gets a value."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from functions.console.context import ConsoleContext
from functions.console.forms import Form, changed_meanwhile
from functions.console.frame import Page
from functions.console.paths import FLAGS
from functions.console.responses import message, redirect
from functions.console.rows import Row, at
from shared.errors import AlreadyExists, Conflict, NotFound
from shared.flags import Definition
from shared.flags.evaluation import FlagBroken, FlagNotFound
from shared.flags.explanation import explained
from shared.ports import Doc
from shared.services.flags.overrides import in_force, override, release
from shared.services.flags.usage import reported
from shared.values.durations import parse_duration
from shared.values.http import HttpRequest, HttpResponse

LONGEST_WHY = 200
LENGTHS = ("1h", "4h", "1d", "7d", "30d")
_DONE = {
    "overridden": "The override is in force. Every function applies it within five seconds.",
    "released": "The override has ended: the flag's rule applies again within five seconds.",
}


def show(request: HttpRequest, context: ConsoleContext) -> Page:
    overrides = {doc.id: doc for doc in in_force(context.store, context.now)}
    used = _used(context)
    flags = sorted(context.flags.definitions.items())
    rows = [_row(key, flag, overrides.get(key), used.get(key, {}), context) for key, flag in flags]
    view = {
        "done": _DONE.get(request.query.get("done", ""), ""),
        "flags": sorted(rows, key=lambda row: row["override"] is None),
        "overridden": len([row for row in rows if row["override"]]),
        "lengths": LENGTHS,
        "opened": request.query.get("override", ""),
        "longest_why": LONGEST_WHY,
        "unknown": [_unknown(key, used[key]) for key in sorted(used.keys() - dict(flags).keys())],
        **_explanation(request, context),
    }
    return Page("flags.html", view, FLAGS)


def _row(key: str, definition: Definition, doc: Doc | None, used: Mapping[str, int], context: ConsoleContext) -> Row:
    """A flag. Its present value is that of its override, if one is in force."""
    rule = definition.targeting
    return {
        "key": key,
        "value": doc.data["variant"] if doc else _value(definition),
        "variants": list(definition.variants),
        "rule": json.dumps(rule, indent=2, ensure_ascii=False) if rule else "",
        "expires": str(definition.expires or ""),
        "is_expired": bool(definition.expires and definition.expires <= context.now.date()),
        "override": _override(doc, context) if doc else None,
        "version": doc.version if doc else "",
        "used": sorted(used.items(), key=lambda pair: -pair[1]),
        "total": sum(used.values()),
    }


def _value(definition: Definition) -> str:
    """What everyone gets, as far as one variant is for everyone."""
    if definition.state == "DISABLED":
        return "disabled"
    return "by rule" if definition.targeting else definition.default_variant or "the caller's default"


def _override(doc: Doc, context: ConsoleContext) -> Row:
    times = {"since": at(doc.data["at"], context), "until": at(doc.data["until"], context)}
    return {**{name: doc.data[name] for name in ("variant", "who", "why")}, **times}


def _used(context: ConsoleContext) -> dict[str, Counter[str]]:
    """How often each flag had which variant in the last two days, as far as processes have reported it."""
    used: dict[str, Counter[str]] = {}
    for outcomes in reported(context.store).values():
        for (flag, variant, _), count in outcomes.items():
            used.setdefault(flag, Counter())[variant or "no variant"] += count
    return used


def _unknown(key: str, used: Mapping[str, int]) -> Row:
    return {"key": key, "count": sum(used.values())}


def _explanation(request: HttpRequest, context: ConsoleContext) -> Row:
    """Why the user in the query gets the value of the flag in it."""
    key, user = request.query.get("flag", ""), request.query.get("user", "")
    return {"asked": key, "user": user, "steps": list(_steps(key, user, context)) if key else []}


def _steps(key: str, user: str, context: ConsoleContext) -> Iterator[str]:
    attributes: dict[str, Any] = {"targetingKey": user} if user else {}
    try:
        yield from explained(context.flags, key, attributes, int(context.now.timestamp()))
    except (FlagNotFound, FlagBroken) as fault:
        yield str(fault)


def set_override(form: Form, context: ConsoleContext) -> HttpResponse:
    """Set a flag for everyone. Refused if somebody else has overridden it since the page was made."""
    key = form.fields.get("flag", "")
    definition = context.flags.definitions.get(key)
    variant, length, why = (form.fields.get(name, "").strip() for name in ("variant", "for", "why"))
    if definition is None or variant not in definition.variants or length not in LENGTHS or not why:
        return message(400, "Choose a variant and a length, and say why", "Nothing was changed.", context)
    if len(why) > LONGEST_WHY:
        return message(400, f"Say why in at most {LONGEST_WHY} characters", "Nothing was changed.", context)
    until, owner, seen = context.now + parse_duration(length), context.config.owner, form.fields.get("version", "")
    try:
        override(key, variant, context.store, who=owner, why=why, until=until, now=context.now, version=seen)
    except (Conflict, AlreadyExists):
        return changed_meanwhile(FLAGS, context)
    return redirect(f"{FLAGS}?done=overridden")


def end_override(form: Form, context: ConsoleContext) -> HttpResponse:
    """End the override that the page showed. Refused if it has ended, or another has taken its place."""
    key, seen = (form.fields.get(name, "") for name in ("flag", "version"))
    if key not in context.flags.definitions:
        raise NotFound("There is no such flag.")
    try:
        release(key, context.store, who=context.config.owner, now=context.now, version=seen)
    except Conflict:
        return changed_meanwhile(FLAGS, context)
    return redirect(f"{FLAGS}?done=released")
