"""The manifest for code generation: each flag has one type, and a value for when no server answers."""

from shared.config.files.loader import flag_file
from shared.config.files.located_yaml import parse_yaml
from shared.flags.manifest import manifest

FLAGS = """flags:
  checkout: {enabled: true, description: the new one}
  colour: {state: ENABLED, variants: {red: "#f00", blue: "#00f"}, defaultVariant: red, metadata: {description: of the page}}
  limit: {state: ENABLED, variants: {low: 1, high: 10}, defaultVariant: high}
  ratio: {state: ENABLED, variants: {half: 0.5, whole: 1}, defaultVariant: half}
  layout: {state: ENABLED, variants: {grid: {columns: 3}}, defaultVariant: grid}
  undecided: {state: ENABLED, variants: {on: true, off: false}}
"""


def test_each_flag_has_its_type_its_default_and_its_description() -> None:
    flags = manifest(flag_file(parse_yaml(FLAGS, "flags.yaml")).flags)["flags"]
    assert flags == {
        "checkout": {"flagType": "boolean", "defaultValue": False, "description": "the new one"},
        "colour": {"flagType": "string", "defaultValue": "#f00", "description": "of the page"},
        "limit": {"flagType": "integer", "defaultValue": 10},
        "ratio": {"flagType": "float", "defaultValue": 0.5},
        "layout": {"flagType": "object", "defaultValue": {"columns": 3}},
        "undecided": {"flagType": "boolean", "defaultValue": False},
    }
