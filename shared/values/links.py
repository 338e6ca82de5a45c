"""The one rule for what is a web link: only such an address becomes a link that the operator can tap."""

import re
from typing import Any

LONGEST_LINK = 2000
_HOST = r"(?:[\w.-]+|\[[0-9a-f:.]+\])"  # without @, so that no link can show one host as its user and lead to another
_WEB_LINK = re.compile(rf"https?://{_HOST}(?::[0-9]{{0,5}})?(?:[/?#].*)?", re.IGNORECASE)


def web_link(value: Any) -> str:
    """*value* if it is an http or https address with a host, else an empty text.

    Refused: white space, characters that are not printed, user names and passwords, and more than LONGEST_LINK
    characters. The result is safe as the escaped value of an `href`.
    """
    if not isinstance(value, str) or len(value) > LONGEST_LINK or " " in value or not value.isprintable():
        return ""
    return value if _WEB_LINK.fullmatch(value) else ""
