"""The places that the template of a declared signature has for values."""

import re
from collections.abc import Iterator

from shared.config.files.faults import nearest

PLACES = ("body", "timestamp", "id")
_PLACE = re.compile(r"\{(\w*)\}")


def template_mistakes(template: str) -> Iterator[tuple[str, str]]:
    """What *template* should have instead of each mistake, with a hint."""
    places = _PLACE.findall(template)
    for place in places:
        if place not in PLACES:
            expected = f"a template with {', '.join(f'{{{known}}}' for known in PLACES)} and no place called {place!r}"
            yield expected, nearest(place, PLACES) or "only these have a value"
    if places.count("body") > 1:
        yield "a template that signs {body} once", "only its first place would get a value"
