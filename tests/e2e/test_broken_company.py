"""Code in `company/` that cannot be loaded stops no notification, no digest and no sweep."""

import subprocess
import sys
from pathlib import Path

import pytest

from shared.ports.topology import FUNCTIONS
from shared.records.company_fault import CompanyFault
from tests.support.bundle import Bundle
from tests.support.project import ROOT

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
    with pytest.raises(CompanyFault, match="company/records.py:2: expected code that Python can run; found SystemExit"):
        _ = embedded.runtime.kinds


OWN = ("company", "shared.runtime.company", "email_validator", "dns")


@pytest.mark.parametrize("function", [name for name in FUNCTIONS if name not in {"console", "record_keeper"}])
def test_no_function_that_notifies_imports_the_company_or_its_loader(function: str, tmp_path: Path) -> None:
    (tmp_path / "company").mkdir()
    (tmp_path / "company/records.py").write_text(BROKEN)
    script = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        f"import functions.{function}.main\n"
        f"print([name for name in {OWN!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stdout.strip() == "[]"
