"""Names of hosts on the internet, as opposed to those of a network that opos runs in.

Sources: WHATWG URL Standard, section 3.5 (a host whose last label is a number is an IPv4 address, also `127.1` and
`0x7f.1`); RFC 6761 and RFC 6762 (`localhost`, `local`); ICANN, 2024 (`internal`); Kubernetes, "DNS for Services and
Pods" (`svc`).
"""

import re

_NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+([a-z](?:[a-z0-9-]{0,61}[a-z0-9])?)\.?", re.IGNORECASE)
_PRIVATE = frozenset({"localhost", "internal", "local", "svc", "corp", "home", "lan", "intranet", "private", "arpa"})


def is_public_name(host: str) -> bool:
    """Whether *host* is a name that the internet can have, whatever it resolves to; an IP address is none."""
    name = _NAME.fullmatch(host)
    return name is not None and name[1].lower() not in _PRIVATE
