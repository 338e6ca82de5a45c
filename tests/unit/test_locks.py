"""The lock files: the same versions in both, a hash for each, and no address to download from."""

import re

from tests.support.project import ROOT


def pins(name: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9._-]+==\S+)", (ROOT / name).read_text(), re.MULTILINE))


def test_what_is_deployed_is_what_is_tested() -> None:
    assert pins("requirements.txt") <= pins("requirements-dev.txt")


def test_every_package_has_its_hash_and_none_an_address() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text()
        assert "://" not in text
        assert text.count("==") <= text.count("--hash=sha256:")
