"""Texts that JSON can spell and UTF-8 cannot."""


def is_unicode(text: str) -> bool:
    """Whether *text* is free of half surrogate pairs."""
    return text.encode("utf-8", "replace").decode() == text
