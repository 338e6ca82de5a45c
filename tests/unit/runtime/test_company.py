"""`company/` is loaded file by file: what cannot be read is named with its line, and the rest is checked all the same."""

import re
import sys
from pathlib import Path

import pytest

from shared.records.company_fault import CompanyFault
from shared.runtime.company import load_company, load_kinds
from tests.support.project import ROOT

IMPORT = "from shared.records import Record, upcast\n"
NOTE = IMPORT + 'class Note(Record, kind="note"):\n    text: str\n'
TASK = IMPORT + 'class Task(Record, kind="task"):\n    text: str\n'


def company(root: Path, **files: str) -> Path:
    """A folder `company/` in *root* with *files*; two underscores are a slash."""
    folder = root / "company"
    folder.mkdir()
    for name, code in files.items():
        file = folder / f"{name.replace('__', '/')}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(code)
    return folder


def said(folder: Path) -> list[str]:
    return [str(fault) for fault in load_company(folder).faults]


def test_the_kinds_of_the_company_and_of_its_slices_are_loaded_with_their_places(tmp_path: Path) -> None:
    kinds = load_kinds(company(tmp_path, records=NOTE, work__records=f"\n{TASK}"))
    assert {name: (kind.where, kind.lines) for name, kind in kinds.items()} == {
        "note": (("company/records.py", 2), {"text": 3}), "task": (("company/work/records.py", 3), {"text": 4}),
    }  # fmt: skip


@pytest.mark.parametrize("exists", [True, False])
def test_a_company_that_is_absent_or_empty_has_no_kinds(tmp_path: Path, *, exists: bool) -> None:
    if exists:
        (tmp_path / "company").mkdir()
    assert load_company(tmp_path / "company") == ({}, ())


def test_a_slice_may_import_from_the_company_and_from_another_slice(tmp_path: Path) -> None:
    work = "from ..records import Note\nfrom .prices import PRICE\nfrom company.shared.records import Task\n"
    folder = company(
        tmp_path, records=NOTE, shared__records=TASK, work__prices="PRICE = 3\n",
        work__records=f'{work}class Job(Note, kind="job"):\n    price: int = PRICE\n',
    )  # fmt: skip
    assert said(folder) == []
    assert list(load_kinds(folder)) == ["note", "task", "job"]
    assert list(load_kinds(folder)["job"].fields) == ["text", "price"]


def test_a_slice_with_the_name_of_a_package_of_opos_hides_nothing_of_it(tmp_path: Path) -> None:
    before = sys.modules["shared"], sys.modules["shared.records"]
    folder = company(tmp_path, shared__records=TASK, opos__records=NOTE, functions__records="import shared.records\n")
    assert said(folder) == []
    assert (sys.modules["shared"], sys.modules["shared.records"]) == before


BROKEN = {
    "a mistake of syntax": ("x = 1\nclass Note(:\n", 2, "SyntaxError: "),
    "an unknown name": ("x = 1\n\ny = Nothing\n", 3, "NameError: name 'Nothing' is not defined"),
    "a missing module": ("import surely_missing\n", 1, "ModuleNotFoundError: No module named 'surely_missing'"),
    "a missing member": ("\nfrom shared.records import Recrod\n", 2, "ImportError: cannot import name 'Recrod'"),
    "a program that ends": ("import sys\nsys.exit(3)\n", 2, "SystemExit: 3"),
    "an unknown word in a header": (NOTE.replace("kind=", "knid='a', kind="), 2, "expected kind, version, title,"),
    "a header of another type": (NOTE.replace('"note"', '"note", version="2"'), 2, "expected version to be a valid in"),
    "a field without a type": (f"{NOTE}    x = 3\n", 2, "PydanticUserError: A non-annotated attribute was detected"),
    "two upcasters": (
        f"{NOTE}\n@upcast(Note, 1)\ndef a(v): return v\n@upcast(Note, 1)\ndef b(v): return v\n",
        7,
        "expected one",
    ),
    "two classes deep": ("def make():\n    raise ValueError('no\\nnever')\n\nmake()\n", 2, "ValueError: no"),
    "no text": ("x = '\x00'\n", 1, ""),
}


@pytest.mark.parametrize("name", BROKEN)
def test_code_that_cannot_be_read_is_a_fault_at_its_line(name: str, tmp_path: Path) -> None:
    code, line, reason = BROKEN[name]
    (fault,) = load_company(company(tmp_path, records=code)).faults
    assert (fault.file, fault.line, fault.expected) == ("company/records.py", line, "code that Python can run")
    assert fault.actual.startswith(reason)
    assert "\n" not in str(fault)


def test_what_fails_in_another_file_is_named_there_and_once(tmp_path: Path) -> None:
    importing = f"from company.prices import PRICE\n{NOTE}"
    folder = company(
        tmp_path, prices="\n\nPRICE = 1 / 0\n", records=importing, work__records="from ..prices import X\n"
    )
    assert said(folder) == [
        "company/prices.py:3: expected code that Python can run; found ZeroDivisionError: division by zero"
    ]


def test_the_faults_of_all_files_come_at_once_and_those_of_kinds_that_could_be_read_too(tmp_path: Path) -> None:
    task = IMPORT + 'class Task(Record, kind="task", title="{txt}"):\n    text: str\n'
    folder = company(tmp_path, records="x = (\n", a__records="y = z\n", b__records=task)
    assert said(folder) == [
        "company/a/records.py:1: expected code that Python can run; found NameError: name 'z' is not defined",
        "company/b/records.py:2: task: expected title to name fields of the kind; found {txt}",
        "company/records.py:1: expected code that Python can run; found SyntaxError: '(' was never closed",
    ]
    with pytest.raises(CompanyFault, match=r"company/a/records.py:1:") as caught:
        load_kinds(folder)
    assert caught.value.hint == "`opos verify` lists every fault."


def test_a_reference_into_a_file_that_cannot_be_read_is_no_fault_of_its_own(tmp_path: Path) -> None:
    task = "from typing import Annotated\nfrom shared.records import Record, Reference\n"
    task += 'class Task(Record, kind="task"):\n    note: Annotated[str, Reference("note")]\n'
    assert len(said(company(tmp_path, records="x = (\n", work__records=task))) == 1


def test_a_kind_in_two_files_is_named_with_both_places(tmp_path: Path) -> None:
    assert said(company(tmp_path, records=NOTE, work__records=f"\n\n{NOTE}")) == [
        "company/work/records.py:4: note: expected each kind once; found another one at company/records.py:2"
    ]


def test_a_kind_under_two_names_is_one_kind(tmp_path: Path) -> None:
    folder = company(tmp_path, records=f"{NOTE}\nMemo = Note\n", work__records="from ..records import Memo\n")
    assert (said(folder), list(load_kinds(folder))) == ([], ["note"])


@pytest.mark.parametrize("slice", ["my-work", "2nd", "class"])
def test_a_slice_whose_name_python_cannot_import_is_a_fault(tmp_path: Path, slice: str) -> None:
    folder = company(tmp_path, **{"records": NOTE, f"{slice}__records": TASK})
    assert said(folder) == [
        f"company/{slice}/records.py:1: expected a slice with the name of a Python package; found {slice}"
    ]
    assert list(load_company(folder).kinds) == ["note"]


def test_a_slice_that_has_the_name_of_the_file_of_the_company_is_a_fault(tmp_path: Path) -> None:
    folder = company(tmp_path, records=NOTE, records__records=TASK)
    assert said(folder) == [
        "company/records/records.py:1: expected a slice with a name of its own, since company/records.py has this one;"
        " found records"
    ]


def test_hidden_and_compiled_folders_are_no_slices(tmp_path: Path) -> None:
    assert list(load_kinds(company(tmp_path, records=NOTE, **{".git__records": TASK}))) == ["note"]


def test_another_folder_is_loaded_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    assert list(load_kinds(company(tmp_path, records=NOTE))) == ["note"]
    assert list(load_kinds(company(tmp_path / "other", records=TASK))) == ["task"]
    assert list(load_kinds(tmp_path / "company")) == ["note"]


def test_a_file_that_was_mended_is_read_again(tmp_path: Path) -> None:
    folder = company(tmp_path, records="x = (\n")
    assert len(said(folder)) == 1
    (folder / "records.py").write_text(NOTE)
    assert (said(folder), list(load_kinds(folder))) == ([], ["note"])


EXAMPLES = re.findall(r"```python\n(.*?)```", (ROOT / "docs/records.md").read_text(), re.DOTALL)


@pytest.mark.parametrize("code", [code for code in EXAMPLES if "(Record, kind=" in code])
def test_the_kinds_of_the_guide_can_be_loaded(code: str, tmp_path: Path) -> None:
    folder = company(tmp_path, records=code)
    assert (said(folder), len(load_kinds(folder))) == ([], 1)
