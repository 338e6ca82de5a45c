"""Code in `company/` that cannot be loaded stops no notification, no digest and no sweep."""

import pytest

from shared.records.company_fault import CompanyFault
from tests.support.bundle import Bundle

BROKEN = "import sys\nsys.exit('company/ was loaded')\n"


def test_a_page_a_digest_and_a_sweep_do_without_a_company_that_is_broken(embedded: Bundle) -> None:
    folder = embedded.folder / "company"
    folder.mkdir()
    (folder / "records.py").write_text(BROKEN)
    assert embedded.trouble("disk").status == 202
    embedded.trouble("slow", severity="warning")
    embedded.settle()
    embedded.tick(minutes=5)
    assert embedded.pages() == ["Trouble disk"]
    assert [notice.title for _, notice in embedded.inbox.sent] == ["Trouble slow"]
    assert embedded.request("GET", "/health").status == 200
    with pytest.raises(
        CompanyFault, match=r"company/records.py:2: expected code that Python can run; found SystemExit"
    ):
        _ = embedded.runtime.kinds
