"""The questions of `opos init` at a terminal: one line each, with the default in brackets, and help for `?`."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

import click
import yaml
from pydantic import TypeAdapter

from opos.init import questions as ask
from opos.init.prompt import NoAnswer, columns, confirm, option, paragraph, typed
from opos.init.questions import NONE, Answers
from opos.init.receivers import CONSOLE, NTFY, address, kind_of, kinds, new_topic, receivers
from opos.senders.catalogue import known
from opos.terminal.next_step import pasteable, program
from shared.values.section import Section

T = TypeVar("T")
HERE, CLOUD = "here", "cloud"


class Question(Section):
    """A row of questions.yaml, which explains the keys."""

    text: str
    help: str
    part: bool = False


@cache
def rows() -> Mapping[str, Question]:
    text = files("opos.init").joinpath("questions.yaml").read_text(encoding="utf-8")
    return TypeAdapter(dict[str, Question]).validate_python(yaml.safe_load(text))


@dataclass(frozen=True, slots=True)
class Interview:
    """`given` has the answers of the command line by question, None where there is none. `asks` says whether the others
    are asked; if not, each gets its default.
    """

    given: Mapping[str, Any]
    asks: bool
    secrets: Callable[[str], str | None] = field(default=lambda _name: None)

    def answers(self) -> Answers:
        """The answers for a new folder."""
        email = self._answer("email", ask.own_email(), ask.email)
        timezone = self._answer("timezone", ask.own_timezone(), ask.timezone)
        page = self._answer("page", NTFY if self.asks else CONSOLE, ask.page, lists=kinds())
        page_url = self._page_url(page, *_receiver(page))
        public_url = self._answer("public_url", NONE, ask.public_url)
        senders = self._senders("github", ask.senders)
        quiet = self._answer("quiet", NONE, ask.quiet)
        digest = self._answer("digest", ask.WINDOW, ask.digest)
        targets, region = self._targets({}, "")
        return Answers(email, timezone, senders, page, targets, region, page_url, public_url, quiet, digest)

    def revised(self, present: Answers, names: Mapping[str, tuple[str, str]]) -> Answers:
        """The answers for a folder whose file gives the answers *present*. *names* are those of its channels, each with
        its kind and the name of its secret.
        """
        email = self._answer("email", present.email, ask.email, kept=present.email)
        timezone = self._answer("timezone", present.timezone, ask.timezone, kept=present.timezone)
        page = self._answer(
            "page", present.page, lambda text: text if text in names else ask.page(text), kept=present.page,
            lists=(*names, *(kind for kind in kinds() if kind not in names)),
        )  # fmt: skip
        page_url = self._page_url(page, *(names[page] if page in names else _receiver(page)))
        public_url = self._answer("public_url", present.public_url or NONE, ask.public_url, kept=present.public_url)
        senders = self._senders(", ".join(present.senders) or NONE, _senders_beside(present.senders), present.senders)
        quiet = self._answer("quiet", present.quiet or NONE, ask.quiet, kept=present.quiet)
        digest = self._answer("digest", present.digest, ask.digest, kept=present.digest)
        targets, region = self._targets(present.targets, present.region)
        return Answers(email, timezone, senders, page, targets, region, page_url, public_url, quiet, digest)

    def _answer(
        self, name: str, default: str | None, check: Callable[[str], T], *, kept: T | None = None,
        lists: Iterable[str] = (), text: str | None = None, help: str | None = None,
    ) -> T:  # fmt: skip
        """The answer to the question *name*. An unchanged *default* means *kept*, if there is one."""
        if self.given.get(name) is not None:
            return self.given[name]  # type: ignore[no-any-return]
        if not self.asks:
            if default is None:
                raise NoAnswer(f"expected --{option(name)}: --yes has no default for it")
            return check(default) if kept is None else kept
        row = rows()[name]
        label = f"   {text or row.text}" if row.part else f"{_number(name)}. {text or row.text}"
        while True:
            answer = typed(name, label, default)
            if answer == "?":
                click.echo("\n".join([*columns(lists), *paragraph(_here(help or row.help))]), err=True)
                continue
            try:
                return kept if answer == default and kept is not None else check(answer)
            except ValueError as fault:
                click.echo(f"Error: {fault}", err=True)

    def _page_url(self, page: str, kind: str, secret: str) -> str:
        """The address of the channel *page*, asked for where it has one and its *secret* does not hold it yet."""
        if given := self.given.get("page_url"):
            return _given_address(kind, given)
        if "://" in page or not secret or not receivers()[kind].form or not self.asks or self.secrets(secret):
            return ""
        row, is_ntfy = receivers()[kind], kind == NTFY
        if "://" in page or not row.form or not self.asks or self.secrets(secret):
            return ""
        default = new_topic() if is_ntfy else "later"
        text = "Topic of ntfy, to subscribe to in its app" if is_ntfy else f"Address, {row.form}"

        def check(answer: str) -> str:
            return "" if answer == default and not is_ntfy else address(kind, answer)

        return self._answer("page_url", default, check, text=text, help=f"{row.where} {rows()['page_url'].help}")

    def _senders(
        self, default: str, check: Callable[[str], tuple[str, ...]], kept: tuple[str, ...] | None = None
    ) -> tuple[str, ...]:
        while True:
            names: tuple[str, ...] = self._answer("senders", default, check, kept=kept, lists=known())
            strange = [name for name in names if name not in known() and name not in (kept or ())]
            if not self.asks or self.given.get("senders") is not None or all(map(_is_own, strange)):
                return names

    def _targets(self, present: Mapping[str, str], region: str) -> tuple[dict[str, str], str]:
        named = {name: self.given.get(name) for name in ("staging", "production")}
        if present and not self.asks and not any(named.values()):
            return dict(present), region
        if not any(named.values()):
            if self._answer("runs", CLOUD if present else HERE, ask.runs) == HERE:
                return dict(present), region
            production = self._answer("production", present.get("production"), ask.project)
            staging = self._answer("staging", present.get("staging") or NONE, ask.staging)
            named = {"staging": staging, "production": production}
        region = region if present and not self.asks else self._answer("region", region or "europe-west1", ask.region)
        targets = {**present, **{name: project for name, project in named.items() if project}}
        return {name: targets[name] for name in ("staging", "production") if name in targets}, region


def _here(text: str) -> str:
    """*text* with its commands, in backquotes or on lines of their own, as the operator can paste them."""
    return pasteable(re.sub(r"^( +)opos ", lambda line: f"{line[1]}{program()} ", text, flags=re.MULTILINE))


def _receiver(page: str) -> tuple[str, str]:
    """The kind of *page*, which is a kind or an address, and the name of its secret."""
    kind = kind_of(page)
    return kind, receivers()[kind].secret


def _given_address(kind: str, text: str) -> str:
    try:
        return address(kind, text)
    except ValueError as fault:
        raise NoAnswer(f"--page-url: {fault}") from None


def _number(name: str) -> int:
    return [key for key, row in rows().items() if not row.part].index(name) + 1


def _is_own(name: str) -> bool:
    """Whether the operator says that *name*, which no known sender has, is meant."""
    similar = ask.alike(name, 0.6)
    doubt = f" (did you mean {' or '.join(similar)}?)" if similar else ""
    return confirm(f"   {name} is new to opos{doubt}. Add it, with a mapping?", default=not similar)


def _senders_beside(present: tuple[str, ...]) -> Callable[[str], tuple[str, ...]]:
    """The check of senders in a file that has those of *present*, which stay."""

    def check(text: str) -> tuple[str, ...]:
        names = [name for name in text.replace(",", " ").split() if name.lower() not in present]
        return (*present, *ask.senders(",".join(names)))

    return check
