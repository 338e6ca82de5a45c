"""A message made of pieces, such as the items of a digest, cut between two of them."""

from collections.abc import Sequence

from shared.ports import Form


def whole(pieces: Sequence[str]) -> str:
    """All *pieces*. Each begins with the line breaks that separate it from the one before."""
    return "".join(pieces).lstrip("\n")


def cut(pieces: Sequence[str], form: Form, ending: str) -> str:
    """As many of *pieces* as fit into *form* before *ending*; empty if not even the first one does."""
    room, kept = form.limit - form.size(f"\n\n{ending}"), list[str]()
    for piece in pieces:
        room -= form.size(piece if kept else piece.lstrip("\n"))
        if room < 0:
            break
        kept.append(piece)
    return whole([*kept, f"\n\n{ending}"]) if kept else ""
