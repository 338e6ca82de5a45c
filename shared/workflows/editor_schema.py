"""The JSON Schema of a workflow, for editors: made from the models, and kept in a file of the docs."""

import json
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from shared.workflows.document import Workflow

FILE = Path(__file__).parents[2] / "docs" / "workflow.schema.json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _Generator(GenerateJsonSchema):
    """A key without a value is a fault, so no key may be null."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        content = super().default_schema(schema)
        return {key: value for key, value in content.items() if key != "default" or value is not None}


def editor_schema() -> dict[str, Any]:
    """What an editor can check and complete. `opos workflows check` checks more."""
    return {"$schema": DIALECT, **Workflow.model_json_schema(by_alias=True, schema_generator=_Generator)}


def written() -> str:
    """The text of FILE."""
    return json.dumps(editor_schema(), indent=1, ensure_ascii=False) + "\n"
