"""What one address lists: each addressee is found once, in the order in which the operator wrote them."""

import pytest

from shared.adapters.channels import make_addressees
from shared.adapters.channels.addressees import mail_addresses, services
from tests.support.fakes import FakeClock

TWO = [
    "json://one.example/a, json://two.example/b",
    "json://one.example/a json://two.example/b",
    "json://one.example/a\njson://two.example/b\n",
    "mailto://me:secret@example.com?to=ann@example.org,bob@example.org",
    "mailto://me:secret@example.com/ann@example.org/bob@example.org",
    "tgram://123456789:abcdefg_hijklmnop/12345/67890",
    "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#ops/#general",
]
ONE = ["json://one.example/a", "json://one.example/a json://one.example/a", "pover://" + "u" * 30 + "@" + "t" * 30]


@pytest.mark.parametrize("urls", TWO)
def test_a_secret_with_two_addressees_makes_two_channels_that_keep_their_ids(urls: str) -> None:
    both = make_addressees("apprise", urls, FakeClock())
    assert len(both) == 2
    assert list(make_addressees("apprise", urls, FakeClock())) == list(both)
    assert len({str(service) for service in services(urls).values()}) == 2
    assert not any(part in id for id in both for part in ("secret", "example", "12345"))


@pytest.mark.parametrize("urls", ONE)
def test_one_addressee_is_one_however_often_it_is_named(urls: str) -> None:
    assert len(services(urls)) == 1


def test_an_address_that_apprise_does_not_know_is_an_addressee_of_its_own() -> None:
    assert len(services("json://one.example/a nosuch://two.example")) == 2


@pytest.mark.parametrize(
    ("to", "addresses"),
    [
        ("me@example.com", ["me@example.com"]),
        ("Ann <ann@example.com>, bob@example.com", ["Ann <ann@example.com>", "bob@example.com"]),
        ('"Doe, Ann" <ann@example.com>,bob@example.com', ['"Doe, Ann" <ann@example.com>', "bob@example.com"]),
        ("not an address, bob@example.com", []),
    ],
)
def test_a_mail_header_lists_its_addresses_with_their_names(to: str, addresses: list[str]) -> None:
    assert mail_addresses(to) == addresses


def test_other_channels_have_no_addressees_to_tell_apart() -> None:
    assert make_addressees("ntfy", "https://ntfy.example/topic", FakeClock()) == {}
