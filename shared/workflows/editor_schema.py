"""The JSON Schema of a workflow, for editors: made from the models, and kept in a file beside this module."""

import json
from pathlib import Path
from typing import Any

from shared.workflows.document import Workflow

FILE = Path(__file__).with_name("workflow.schema.json")
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def editor_schema() -> dict[str, Any]:
    """What an editor can check and complete. `opos workflows check` checks more."""
    return {"$schema": DIALECT, **Workflow.model_json_schema(by_alias=True)}


def written() -> str:
    """The text of FILE."""
    return json.dumps(editor_schema(), indent=1, ensure_ascii=False) + "\n"
