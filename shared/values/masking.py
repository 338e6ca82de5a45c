"""Finds the parts of a text that a page must not show unasked: e-mail and IP addresses, tokens, card numbers.

`opos event --redact` hides every value, for a text that leaves the company. This is for the operator's own eyes: it
hides only what looks like a secret or like personal data, so that the rest says what happened. It can miss some.

Sources of the forms of tokens: GitHub secret scanning, "Supported secret scanning patterns"; AWS IAM, "Unique
identifiers"; Stripe API reference, the ids of its objects. RFC 6750, section 2.1 (`Bearer`). ISO 13616-1 (IBAN). ITU-T
E.164 (telephone numbers).
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

_PATTERN = re.compile(
    r"""
      (?P<secret>(?<=://)[^\s/:@]{0,64}:[^\s/@]{1,200}(?=@)
        | \b[Bb]earer\s(?=[\w~+/-]*(?:\.\w|[\d=_]))[\w.~+/=-]{6,}
        | (?<![\w-])(?:[\w-]{0,40}(?:token|secret|passw(?:or)?d|signature|api_?key)|key|pwd|auth|sig|otp|pin)
          (?:=[^\s&\#"'<>]+|["']:\s?(?:"[^"]{1,400}"?|'[^']{1,400}'?|[^\s"',}]+)))
    | (?P<email>[\w.+-]{1,64}(?:@|%40)[\w-]{1,63}(?:\.[\w-]{1,63})+)
    | (?P<hook>(?<=hooks\.slack\.com/)[a-z]{4,12}/[\w/-]+ | (?<=/api/webhooks/)[\w/-]+)
    | (?P<name>\bre_[13][A-Za-z0-9]{23}\b)
    | (?P<known>\b(?:sk|rk|pk|whsec|gh[oprsu]|github_pat|glpat|xox[a-z]|xapp|shp(?:at|ca|pa|ss)|lin_api|pypi|dop_v1)[_-]
          [\w-]{8,}
        | \b(?:hf|npm|gsk|sbp|re)_(?=[A-Za-z]{0,40}\d)[A-Za-z0-9]{8}[\w-]*
        | \b[a-z]{2,8}_[A-Za-z0-9]{2,64}_secret_\w{4,}
        | \b(?:AKIA|ASIA)[A-Z0-9]{16}\b
        | \beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?)
    | (?P<uuid>\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b)
    | (?P<id>\b(?:evt|cus|pi|in|sub|ch|py|si|ii|il|seti|pm|card|ba|src|txn|po|tr|fee|price|prod|plan|acct|req|dp|du|file
        |link|promo|di|cn|msg|user|org|team|order|inv)_[A-Za-z0-9]{8,64}\b)
    | (?P<ip>\b(?:\d{1,3}\.){3}\d{1,3}\b | (?<![\w:])(?:[0-9a-fA-F]{1,4}:){4,7}[0-9a-fA-F]{1,4}(?![\w:])
        | (?<![\w:])(?:[0-9a-fA-F]{1,4}:){1,6}:(?:[0-9a-fA-F]{1,4}:?){1,6}(?![\w:]))
    | (?P<card>(?<![\w.-])\d(?:[ -]?\d){13,18}(?![\w.-]))
    | (?P<iban>\b[A-Z]{2}\d{2}(?:[A-Z0-9]{11,30}
        |\ [A-Z0-9]{4}(?:\ (?=[A-Z]{0,3}\d)[A-Z0-9]{4}){1,6}(?:\ (?=[A-Z]{0,2}\d)[A-Z0-9]{1,3})?)\b)
    | (?P<phone>(?<![\w+])\+\d{1,3}(?:[ ().-]{0,2}\d){6,12}(?!\w))
    | (?P<random>(?<![\w+=-])[\w+=-]{24,})
    """,
    re.VERBOSE,
)
TOKEN, CARD, ACCOUNT = "token", "card number", "account number"
SECRETS = frozenset({TOKEN, CARD, ACCOUNT})
"""The kinds that no text shows. The others are personal: a title shows them, as notifications do."""
_WORDS = {
    "secret": TOKEN, "hook": TOKEN, "known": TOKEN, "random": TOKEN, "email": "e-mail address", "ip": "IP address",
    "card": CARD, "iban": ACCOUNT, "phone": "phone number",
}  # fmt: skip
_BETWEEN = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[^A-Za-z0-9]+")
"""What is between two words of a key: `clientSecret`, `x-api-key`, `secret_key`."""
_KEYS = (
    (re.compile(
        r"(?:^|_)(?:[a-z]*(?:secret|token|password|passwd)|passphrase|pwd|otp|totp|pin|apikey|authorization|signature"
        r"|credentials?|cookies?|secrets|passwords|(?:api|secret|access|private|auth|client|signing|refresh)_?keys?"
        r")(?:_|$)|^session(?:_(?:id|key))?$|^(?:pass|tokens|(?:access|auth|refresh)_?tokens)$"), TOKEN),
    (re.compile(r"(?:^|_)(?:line_?[12]|street(?:_?address)?|postal_?code|zip(?:_?code)?)$"), "postal address"),
    (re.compile(r"(?:^|_)(?:(?:phone|mobile|fax)(?:_?number)?|tel|telephone)$"), "phone number"),
    (re.compile(r"(?:^|_)(?:iban|(?:account|card)_?number|cvc|cvv|ssn|tax_?id)$"), ACCOUNT),
)  # fmt: skip
_HASHES = {40}
"""Lengths of hexadecimal texts that are names of commits, and no secrets."""


class Part(NamedTuple):
    """A part of a text. `masked` says what it looks like, if it must not be shown unasked."""

    text: str
    masked: str = ""


def parts(text: str, key: str = "") -> Iterator[Part]:
    """The parts of *text*, the value of *key*, in order; together they are *text*."""
    if text and (kind := kind_of(key)):
        yield Part(text, kind)
        return
    reached = 0
    for match in _PATTERN.finditer(text):
        if kind := _kind(match):
            if match.start() > reached:
                yield Part(text[reached : match.start()])
            yield Part(match[0], kind)
            reached = match.end()
    if reached < len(text) or not text:
        yield Part(text[reached:])


def without_secrets(text: str) -> str:
    """*text* with the kind of each secret in its place: `Deploy with [token] failed`."""
    return "".join(f"[{part.masked}]" if part.masked in SECRETS else part.text for part in parts(text))


def redacted(text: str, key: str = "") -> str:
    """*text*, the value of *key*, with the kind of each secret and of each personal value in its place."""
    return "".join(f"[{part.masked}]" if part.masked else part.text for part in parts(text, key))


def kind_of(key: str) -> str:
    """What the values of *key* are, if they must not be shown unasked; empty otherwise."""
    name = _BETWEEN.sub("_", key[:100]).lower()
    return next((kind for pattern, kind in _KEYS if pattern.search(name)), "")


def _kind(match: re.Match[str]) -> str:
    """What the match looks like; empty if it is only the name of something, such as `evt_1QzK...`."""
    name, text = str(match.lastgroup), match[0]
    check = _CHECKS.get(name)
    return "" if check and not check(text) else _WORDS.get(name, "")


def _is_random(text: str) -> bool:
    """Whether *text* is no word: it mixes capitals, small letters and digits, or is a long hexadecimal number."""
    if re.fullmatch(r"[0-9a-fA-F]{32,}", text):
        return len(text) not in _HASHES
    kinds = (str.isupper, str.islower, str.isdigit)
    return all(any(map(kind, text)) for kind in kinds)


def _is_card(text: str) -> bool:
    """Whether the digits of *text* have the check digit of a card number. Source: ISO/IEC 7812-1, annex B (Luhn)."""
    digits = [int(character) for character in reversed(text) if character.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _is_account(text: str) -> bool:
    """Whether *text* has the check digits of an IBAN. Source: ISO/IEC 7064, MOD 97-10."""
    compact = text.replace(" ", "")
    return int("".join(str(int(character, 36)) for character in compact[4:] + compact[:4])) % 97 == 1


_CHECKS = {"random": _is_random, "card": _is_card, "iban": _is_account}
