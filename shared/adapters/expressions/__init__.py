"""The evaluator of jq expressions: jaq, in child processes with limits."""
