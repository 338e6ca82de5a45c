"""Valid alertmanager.yml files, drawn, and the opos.yaml around what an import makes of one."""

import json
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st

from opos.importers.alertmanager.conversion import Imported, import_alertmanager
from shared.config.files.located_yaml import Located, parse_yaml, read_yaml

RECEIVERS = ("ops", "OPS", "db team", "db/team", "db_team", "ping", "null", "7", "größe", "yes")
INTERVALS = ("nights", "never", "Office Hours")
# Without the names and words that opos gives a meaning of its own: `exported_source`, and the severity `unset`.
LABELS = ("severity", "team", "source", "namespace", "alertname")
VALUES = ("critical", "1.10", "yes", "null", "0500", "2024-01-01", "~", "a b", 'q"t', "", "x|y", "{x}")
PATTERNS = (".*", ".+", "", "a|b", "crit.*", "[^a]", "^x$", "(?i)WARN(ing)?", "\\d+")
DURATIONS = ("0", "30s", "1h30m", "1y", "2w3d", "90000000ms")

TEXT = st.sampled_from(VALUES)
MATCHERS = st.builds(
    lambda name, operator, value: f"{name} {operator} {json.dumps(value)}",
    st.sampled_from(LABELS), st.sampled_from(("=", "!=")), TEXT,
) | st.builds(
    lambda name, operator, value: f"{name}{operator}{json.dumps(value)}",
    st.sampled_from(LABELS), st.sampled_from(("=~", "!~")), st.sampled_from(PATTERNS),
)  # fmt: skip
LISTS = st.lists(MATCHERS, max_size=3).map(lambda texts: [f"{{{','.join(texts)}}}"] if len(texts) == 2 else texts)
EQUAL = st.dictionaries(st.sampled_from(LABELS), TEXT, max_size=2)
REGEX = st.dictionaries(st.sampled_from(LABELS), st.sampled_from(PATTERNS), max_size=1)
TIMES = {
    "group_wait": st.sampled_from(DURATIONS), "group_interval": st.sampled_from(DURATIONS[1:]),
    "repeat_interval": st.sampled_from(DURATIONS[1:]),
    "group_by": st.just(["..."]) | st.lists(st.sampled_from(LABELS), unique=True, max_size=3),
}  # fmt: skip
MUTES = st.lists(st.sampled_from(INTERVALS), max_size=2)


ROUTE = st.fixed_dictionaries(
    {"matchers": LISTS},
    optional={
        "receiver": st.sampled_from(RECEIVERS), "match": EQUAL, "match_re": REGEX, "continue": st.booleans(),
        "mute_time_intervals": MUTES, "active_time_intervals": MUTES, **TIMES,
    },
)  # fmt: skip
ROUTES = st.recursive(
    st.lists(ROUTE, max_size=3),
    lambda below: st.lists(st.builds(lambda route, routes: {**route, "routes": routes}, ROUTE, below), max_size=3),
    max_leaves=4,
)


SPANS = st.fixed_dictionaries(
    {},
    optional={
        "times": st.sampled_from(([], [{"start_time": "09:00", "end_time": "24:00"}])),
        "weekdays": st.sampled_from((["monday:friday"], ["sunday"], [])), "months": st.sampled_from((["2"], ["13"], ["may:june"])),
        "days_of_month": st.sampled_from((["-3:-1"], ["31"], ["30"])), "years": st.sampled_from((["2026:2030"], ["-1:1"])),
        "location": st.sampled_from(("Europe/Berlin", "Local", "UTC", "")),
    },
)  # fmt: skip
RULES = st.fixed_dictionaries(
    {},
    optional={
        "source_matchers": LISTS, "target_matchers": LISTS, "source_match": EQUAL, "target_match_re": REGEX,
        "equal": st.lists(st.sampled_from(LABELS), max_size=2),
    },
)  # fmt: skip
FILES = st.fixed_dictionaries(
    {
        "route": st.fixed_dictionaries(
            {"receiver": st.sampled_from(RECEIVERS)},
            optional={"routes": ROUTES, **TIMES},
        ),
        "receivers": st.lists(st.booleans(), min_size=len(RECEIVERS), max_size=len(RECEIVERS)).map(
            lambda loud: [
                {"name": name, **({"webhook_configs": [{"url": "http://127.0.0.1:1"}]} if notifies else {})}
                for name, notifies in zip(RECEIVERS, loud, strict=True)
            ]
        ),
        "time_intervals": st.lists(st.lists(SPANS, max_size=2), min_size=3, max_size=3).map(
            lambda spans: [{"name": name, "time_intervals": of} for name, of in zip(INTERVALS, spans, strict=True)]
        ),
    },
    optional={"inhibit_rules": st.lists(RULES, max_size=2), "global": st.just({"resolve_timeout": "5m"})},
)


def written(content: Any, file: Path) -> Path:
    """*content* as a file of Alertmanager, in which every text is quoted: JSON is YAML."""
    file.write_text(json.dumps(content))
    return file


def imported(file: Path) -> Imported:
    return import_alertmanager(read_yaml(file, as_text=True))


def located(content: Any) -> Located:
    """*content* as the file that `written` writes."""
    return parse_yaml(json.dumps(content), "alertmanager.yml", as_text=True)


def whole_config(result: Imported) -> str:
    """An opos.yaml with the imported sections and nothing else that is not required."""
    rest = {"owner": "me@x.org", "sources": {}, "digest": {"channel": result.sections["route"]["channel"]}}
    return yaml.safe_dump({**rest, **result.sections}, sort_keys=False, allow_unicode=True)
