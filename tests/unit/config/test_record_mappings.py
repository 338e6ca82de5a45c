"""The mappings of records in opos.yaml: what they change of the shipped ones, who owns a field, and each mistake."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from opos.commands.verify import command as verify
from shared.config.files.faults import ConfigError
from shared.config.record_owners import owners
from shared.config.records.mappings import matching
from shared.verification import mapping_errors
from tests.support.company import KINDS
from tests.support.configuration import parse_config
from tests.support.fed import REST, SOURCES

WRONG = """\
sources:
  stripe:
    scheme: stripe
    secrets: [STRIPE]
    records:
      customer: {fields: {emial: data.object.email}}
      ticket: {kind: tickt, id: id, fields: {a: b}}
      person:
        kind: content
        id: data.id
        fields: {title: data.title}
"""
UNREADABLE = """\
sources:
  app:
    scheme: bearer
    secrets: [APP]
    records:
      user: {kind: customer, fields: {name: data..name}}
      ghost: false
      empty: {kind: customer, id: id}
      mine: {kind: customer, id: id, fields: {name: {owner: opos}, email: {owner: me, value: e}}}
"""


def test_each_part_that_does_not_fit_the_kinds_is_reported_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "opos.yaml"
    file.write_text(WRONG + REST)
    faults = mapping_errors(file, KINDS)
    assert [(fault.line, fault.path) for fault in faults] == [
        (6, "sources.stripe.records.customer.fields.emial"),
        (7, "sources.stripe.records.ticket.kind"),
        (9, "sources.stripe.records.person.kind"),
    ]
    assert faults[0].hint == "did you mean 'email'?"
    assert faults[1].expected == "a kind of record (customer, product, content)"
    assert 'stripe_id: Annotated[str, External("stripe")]' in faults[2].expected


def test_each_mapping_that_cannot_be_read_is_reported_with_its_line() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(UNREADABLE + REST)
    places = {
        (fault.line, fault.path.removeprefix("sources.app.records."), fault.expected) for fault in caught.value.faults
    }
    assert places == {
        (6, "user.fields.name", "a JMESPath expression"),
        (9, "mine.fields.email.owner", "one of opos"),
    }
    with pytest.raises(ConfigError) as caught:
        parse_config(UNREADABLE.replace("data..name", "data.name").replace("me,", "opos,") + REST)
    assert [(fault.line, fault.path, fault.expected) for fault in caught.value.faults] == [
        (6, "sources.app.records.user", "the key 'id'"),
        (7, "sources.app.records.ghost", "the name of a mapping that opos ships, to switch it off"),
        (8, "sources.app.records.empty", "the key 'fields', or 'deleted'"),
        (9, "sources.app.records.mine.fields.name", "the key 'value'"),
    ]


def test_opos_verify_reports_mappings_beside_all_other_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    company = Path(__file__).parents[2] / "support/fed_records.py"
    (tmp_path / "company").mkdir()
    (tmp_path / "company/records.py").write_text(company.read_text())
    (tmp_path / "opos.yaml").write_text(WRONG + REST)
    (tmp_path / "flags.yaml").write_text("flags: {}\n")
    monkeypatch.setenv("STRIPE", "")
    monkeypatch.delenv("STRIPE")
    place = ["--config", str(tmp_path / "opos.yaml"), "--flags", str(tmp_path / "flags.yaml"), "--data", str(tmp_path)]
    output = CliRunner().invoke(verify, place).output
    assert "the secret STRIPE to be set" in output
    assert "opos.yaml:6: sources.stripe.records.customer.fields.emial: expected a field of customer" in output


def test_a_shipped_mapping_needs_no_kind_that_you_have_deleted(tmp_path: Path) -> None:
    file = tmp_path / "opos.yaml"
    file.write_text(SOURCES + REST)
    assert mapping_errors(file, {}) == []


def test_yours_says_only_what_differs_from_the_shipped_one() -> None:
    own = "sources: {stripe: {scheme: stripe, secrets: [S], records: {customer: {fields: {name: a, email: {owner: opos}}}}}}"
    config = parse_config(own + REST)
    mapping = matching("stripe", config.sources["stripe"], "customer.updated")["customer"]
    assert (mapping.fields["name"].value, mapping.fields["email"].value) == ("a", "data.object.email")
    assert mapping.id == "data.object.id"
    known = owners(config)
    assert known["customer", "name"] == ("stripe",)
    assert ("customer", "email") not in known


def test_a_field_that_several_sources_set_belongs_to_the_first_in_the_file() -> None:
    known = owners(parse_config(SOURCES + REST))
    assert known["customer", "email"] == ("stripe", "shopify")
    assert known["customer", "mrr"] == ("stripe",)
    assert known["content", "title"] == ("github",)


def test_a_source_with_a_name_of_its_own_owns_by_that_and_by_its_sender() -> None:
    known = owners(parse_config("sources: {shop: {scheme: stripe, secrets: [S]}}" + REST))
    assert known["customer", "email"] == ("shop", "stripe")
