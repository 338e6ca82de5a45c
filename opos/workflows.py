"""The workflows of `company/` for the command line: as `opos workflows` and `opos verify` check and list them."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from opos.terminal.files import write_whole
from shared.adapters.expressions.evaluator import JaqEvaluator
from shared.errors import AlreadyExists
from shared.runtime.workflows import ENDING, FOLDER, Workflows, load_files, load_workflows
from shared.values.text import counted
from shared.workflows.definition import Definition
from shared.workflows.document import DSL
from shared.workflows.editor_schema import FILE, written
from shared.workflows.evaluator import CheckedEvaluator
from shared.workflows.schedule import STARTS

NAMESPACE = "company"
_TEMPLATE = """\
# yaml-language-server: $schema={schema}
document:
  dsl: '{dsl}'
  namespace: {namespace}
  name: {name}
  version: '0.1.0'
do:
  - greet:
      set:
        greeting: ${{ "Hello \\(.name)" }}
"""


def in_company(company: Path) -> Workflows:
    """The workflows of the folder *company*, which may be absent."""
    with closing(JaqEvaluator()) as jaq:
        return load_workflows(company, CheckedEvaluator(jaq))


def in_files(files: Sequence[Path]) -> Workflows:
    """The workflows in *files*, wherever these are."""
    with closing(JaqEvaluator()) as jaq:
        return load_files(files, CheckedEvaluator(jaq))


def rows(workflows: Workflows) -> list[dict[str, Any]]:
    """The valid definitions, each with its file, its digest and what starts it."""
    return [_row(file.file, file.definition) for file in workflows.files if file.definition]


def _row(file: str, definition: Definition) -> dict[str, Any]:
    return {
        "namespace": definition.namespace, "name": definition.name, "version": definition.version, "file": file,
        "title": definition.workflow.document.title, "starts": list(_starts(definition.document)),
        "tasks": len(definition.tasks), "digest": definition.digest,
    }  # fmt: skip


def _starts(document: Mapping[str, Any]) -> Iterator[str]:
    schedule = document.get("schedule", {})
    return (f"cron {schedule['cron']}" if start == "cron" else start for start in STARTS if start in schedule)


def as_line(row: Mapping[str, Any]) -> str:
    """A row of the list."""
    starts = f"  starts: {', '.join(row['starts'])}" if row["starts"] else ""
    title = f"  {row['title']}" if row["title"] else ""
    name = f"{row['namespace']}/{row['name']}  {row['version']}"
    return f"{name}  {counted(row['tasks'], 'task')}  {row['file']}{starts}{title}"


def none_there(company: Path) -> str:
    """What there is to say of a company without workflows."""
    return f"No workflow in {company / FOLDER}; `opos workflows new NAME` writes one."


def good(files: Sequence[Any]) -> str:
    return f"{counted(len(files), 'workflow')} {'is' if len(files) == 1 else 'are'} valid."


def create(company: Path, name: str) -> Path:
    """A new definition in *company*. Raises AlreadyExists."""
    folder = company / FOLDER
    file = folder / f"{name}{ENDING}"
    if file.exists():
        raise AlreadyExists(str(file))
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(file, _TEMPLATE.format(schema=_schema_for(folder), dsl=DSL[-1], namespace=NAMESPACE, name=name))
    return file


def _schema_for(folder: Path) -> str:
    """The path of the schema from *folder*: of the one that opos has there, or of a copy beside the definitions."""
    top = folder.resolve().parent.parent
    if FILE.is_relative_to(top):
        return os.path.relpath(FILE, folder.resolve())
    write_whole(folder / FILE.name, written())
    return FILE.name
