"""Every mistake in a workflow is named with its line, its JSON pointer and how to mend it, all at once."""

import pytest

from tests.support.workflows import HEADER, check, check_tasks

GET = "call: http, with: {method: get, endpoint: 'https://x.com'}"
BRANCHES = [f"{{b{number}: {{wait: PT1S}}}}" for number in range(51)]

SHAPES = {
    "no type": ("- a: {prnt: x}", "3: /do/0/a: expected a task with one of call, do, emit, for, fork, listen, raise, run, set, switch, try, wait; found only prnt"),
    "a misspelt type": ("- a: {sett: x}", "3: /do/0/a: expected a task with one of call, do, emit, for, fork, listen, raise, run, set, switch, try, wait; found only sett (did you mean 'set'?)"),
    "two types": ("- a: {set: {x: 1}, wait: PT1S}", "3: /do/0/a: expected a task with one of call, do, emit, for, fork, listen, raise, run, set, switch, try, wait; found set and wait (make each of them a task of its own)"),
    "no mapping": ("- a: 5", "3: /do/0/a: expected a mapping of keys to values; found 5"),
    "two names": ("- {a: {wait: PT1S}, b: {wait: PT1S}}", "3: /do/0: expected one name with its content; found a, b (begin each name with `- `)"),
    "an unknown key": ("- a: {wait: PT1S, them: end}", "3: /do/0/a/them: expected one of if, input, output, export, timeout, then, metadata, wait; found the key 'them' (did you mean 'then'?)"),
    "an empty key": ("- a: {wait: PT1S, then: }", "3: /do/0/a/then: expected a value; found nothing (leave the key out)"),
    "a missing key": ("- a: {call: http, with: {method: get}}", "3: /do/0/a/with: expected the key 'endpoint'; found none"),
    "a number as text": ("- a: {set: {x: 1}, if: 1}", "3: /do/0/a/if: expected text; found 1 (put quotes around it)"),
    "another shape": ("- a: {set: [1]}", "3: /do/0/a/set: expected text or a mapping of keys to values; found a list of 1"),
    "another word": (f"- a: {{{GET[:-1]}, output: contents}}}}", "3: /do/0/a/with/output: expected one of raw, content, response; found 'contents' (did you mean 'content'?)"),
    "another method": ("- a: {call: http, with: {method: fetch, endpoint: 'https://x.com'}}", "3: /do/0/a/with/method: expected one of get, head, options, post, put, patch, delete; found 'fetch'"),
    "a URI with spaces": ("- a: {call: http, with: {method: get, endpoint: 'https://x .com'}}", "3: /do/0/a/with/endpoint: expected a URI without spaces; found 'https://x .com'"),
    "a path in a URI": ("- a: {call: http, with: {method: get, endpoint: 'https://x.com/{a.b}'}}", '3: /do/0/a/with/endpoint: expected parts such as {petId}, each the name of a field of the task\'s input; found {a.b} (write the whole URI as an expression: ${ "https://example.com/\\(.pet.id)" })'),
    "a document that a run would choose": ("- a: {call: openapi, with: {operationId: x, document: {endpoint: 'https://x/{v}.json'}}}", "3: /do/0/a/with/document/endpoint: expected a URI without parts in braces, since the document is read before any run; found 'https://x/{v}.json'"),
    "an expression for a document": ("- a: {call: openapi, with: {operationId: x, document: {endpoint: {uri: '${ .u }'}}}}", "3: /do/0/a/with/document/endpoint/uri: expected plain text, since opos evaluates no expression here; found '${ .u }'"),
    "an empty fork": ("- a: {fork: {branches: []}}", "3: /do/0/a/fork/branches: expected at least one entry; found a list of 0"),
    "too many branches": (f"- a: {{fork: {{branches: [{', '.join(BRANCHES)}]}}}}", "3: /do/0/a/fork/branches: expected at most 50 entries; found a list of 51"),
    "no duration": ("- a: {wait: 5m}", "3: /do/0/a/wait: expected a duration such as PT30S, P1DT12H or {minutes: 5}; found '5m'"),
    "a duration in months": ("- a: {wait: P1M}", "3: /do/0/a/wait: expected a duration of weeks, days, hours, minutes and seconds; found years or months, which have no fixed length (write P30D, or schedule with cron)"),
    "an endless duration": ("- a: {wait: {days: 99999999}}", "3: /do/0/a/wait: expected a duration of at most 36500 days; found a longer one"),
    "an empty duration": ("- a: {wait: {}}", "3: /do/0/a/wait: expected a duration such as PT30S, P1DT12H or {minutes: 5}; found an empty mapping"),
    "settings of a backoff": ("- t: {try: [{a: {wait: PT1S}}], catch: {retry: {backoff: {exponential: {factor: 3}}}}}", "3: /do/0/t/catch/retry/backoff/exponential/factor: expected no keys; found the key 'factor'"),
    "two backoffs": ("- t: {try: [{a: {wait: PT1S}}], catch: {retry: {backoff: {linear: {}, constant: {}}}}}", "3: /do/0/t/catch/retry/backoff: expected exactly one of constant, linear, exponential; found constant and linear"),
    "an empty filter": ("- t: {try: [{a: {wait: PT1S}}], catch: {then: end, errors: {with: {}}}}", "3: /do/0/t/catch/errors/with: expected at least one of type, status, instance, title, detail; found an empty mapping"),
    "any event": ("- a: {timeout: {after: PT1S}, listen: {to: {any: []}}}", "3: /do/0/a/listen/to: expected at least one event, or `until`; found `any: []`, which waits for every event and never ends by itself (name an event under any, or add until)"),
    "two strategies": ("- a: {timeout: {after: PT1S}, listen: {to: {one: {with: {type: x}}, all: [{with: {type: y}}]}}}", "3: /do/0/a/listen/to: expected exactly one of one, any, all; found one and all"),
    "an event without attributes": ("- a: {timeout: {after: PT1S}, listen: {to: {one: {with: {}}}}}", "3: /do/0/a/listen/to/one/with: expected at least one attribute of the event, such as type; found an empty mapping"),
    "until beside one": ("- a: {timeout: {after: PT1S}, listen: {to: {one: {with: {type: x}}, until: 'true'}}}", "3: /do/0/a/listen/to: expected until beside any; found until beside one (leave until out)"),
    "two ways to authenticate": ("- a: {call: http, with: {method: get, endpoint: {uri: 'https://x', authentication: {bearer: {token: a}, basic: {username: a, password: b}}}}}", "3: /do/0/a/with/endpoint/authentication: expected exactly one of use, basic, bearer, digest, oauth2, oidc; found basic and bearer"),
    "a ruling that opos has not": ("- a: {wait: PT1S, metadata: {opos: {sinse: run}, mine: ok}}", "3: /do/0/a/metadata/opos/sinse: expected one of since; found the key 'sinse' (did you mean 'since'?)"),
}  # fmt: skip
REFUSALS = {
    "a2a": ("- a: {call: a2a, with: {method: tasks/get}}", "3: /do/0/a: expected a call of the serverless profile: http, openapi, mcp, or a function; found call: a2a, whose answers are streams (call an HTTP or OpenAPI endpoint, or a function)"),
    "a remote function": ("- a: {call: 'log:1@acme'}", "3: /do/0/a/call: expected a function of `use.functions` or of opos; found a function from a remote catalog, which is not part of the bundle (copy the function into use.functions)"),
    "a person's grant": ("- a: {call: http, with: {method: get, endpoint: {uri: 'https://x', authentication: {oauth2: {authority: 'https://y', grant: password}}}}}", "3: /do/0/a/with/endpoint/authentication/oauth2/grant: expected the grant client_credentials or token-exchange; found the grant password, which needs the password of a person (register a client of its own for the workflow)"),
    "a schema of another format": ("- a: {wait: PT1S, input: {schema: {format: avro, document: {}}}}", "3: /do/0/a/input/schema/format: expected format: json; found another format of schemas (write the schema as JSON Schema under document, and leave format out)"),
}  # fmt: skip
NAMES = {
    "a time-out": ("- a: {wait: PT1S, timeout: short}", "3: /do/0/a/timeout: expected a time-out of use.timeouts (it has none); found 'short'"),
    "a retry policy": ("- t: {try: [{a: {wait: PT1S}}], catch: {retry: often}}", "3: /do/0/t/catch/retry: expected a retry policy of use.retries (it has none); found 'often'"),
    "an error": ("- a: {raise: {error: gone}}", "3: /do/0/a/raise/error: expected an error of use.errors (it has none); found 'gone'"),
    "an authentication": ("- a: {call: http, with: {method: get, endpoint: {uri: 'https://x', authentication: {use: shop}}}}", "3: /do/0/a/with/endpoint/authentication/use: expected an authentication of use.authentications (it has none); found 'shop'"),
    "a secret": ("- a: {call: http, with: {method: get, endpoint: {uri: 'https://x', authentication: {basic: {use: KEY}}}}}", "3: /do/0/a/with/endpoint/authentication/basic/use: expected a secret of use.secrets (it has none); found 'KEY'"),
    "a secret in an expression": ("- a: {call: http, with: {method: get, endpoint: 'https://x', headers: {k: '${ $secrets.KEY }'}}}", "3: /do/0/a/with/headers/k: expected a secret of use.secrets (it has none); found 'KEY'"),
    "a task": ("- a: {wait: PT1S, then: bb}\n- b: {wait: PT1S}", "3: /do/0/a/then: expected continue, exit, end or a task of the same list (a, b); found 'bb' (did you mean 'b'?)"),
    "a task of another list": ("- a: {do: [{c: {wait: PT1S, then: b}}]}\n- b: {wait: PT1S}", "3: /do/0/a/do/0/c/then: expected continue, exit, end or a task of the same list (c); found 'b' (that task is in another list; use exit to leave this one)"),
    "a task out of a branch": ("- a: {fork: {branches: [{c: {wait: PT1S, then: d}}, {d: {wait: PT1S}}]}}", "3: /do/0/a/fork/branches/0/c/then: expected continue, exit, end or a task of the same list (it has none); found 'd' (a branch can only end itself (exit) or the run (end))"),
    "a case": ("- a: {switch: [{x: {when: .x, then: c}}]}\n- b: {wait: PT1S}", "3: /do/0/a/switch/0/x/then: expected continue, exit, end or a task of the same list (a, b); found 'c'"),
    "a task twice": ("- a: {wait: PT1S}\n- a: {wait: PT1S}", "4: /do/1/a: expected each name once in a list; found 'a' also on line 3"),
    "a task called end": ("- end: {wait: PT1S}", "3: /do/0/end: expected a name that is no flow directive; found 'end' (choose another name)"),
    "two defaults": ("- a: {switch: [{x: {then: end}}, {y: {then: exit}}]}", "3: /do/0/a/switch/1/y: expected at most one case without when; found 'y' ('x' is the default already; add when)"),
    "a variable of opos": ("- a: {for: {in: .x, each: input}, do: []}", "3: /do/0/a/for/each: expected a name that is not one of opos's own variables; found 'input' (choose another name)"),
    "no variable": ("- t: {try: [{a: {wait: PT1S}}], catch: {as: my-error, then: end}}", "3: /do/0/t/catch/as: expected a name of letters, digits and _; found 'my-error'"),
    "a function in a task": ("- a: {call: b, function: {wait: PT1S}}", "3: /do/0/a/function: expected a function of use.functions under call; found the key 'function'"),
}  # fmt: skip
CATCHES = {
    "a condition that is never met": ("- t: {try: [{a: {wait: PT1S}}], catch: {then: end, when: '${ false }'}}", "3: /do/0/t/catch/when: expected a condition that some error meets; this catch catches none; found '${ false }'"),
    "an exception that is always met": ("- t: {try: [{a: {wait: PT1S}}], catch: {then: end, exceptWhen: 'true'}}", "3: /do/0/t/catch/exceptWhen: expected a condition that some error meets; this catch catches none; found 'true'"),
    "no tasks": ("- t: {try: [], catch: {then: end}}", "3: /do/0/t/try: expected at least one task, since nothing else can fail; found an empty list"),
    "a task elsewhere": ("- t: {try: [{a: {wait: PT1S}}], catch: {then: end, errors: {with: {instance: /do/0/x}}}}", "3: /do/0/t/catch/errors/with/instance: expected the pointer of a task in this try (/do/0/t/try/0/a); found '/do/0/x'"),
    "another status": ("- t: {try: [{a: {wait: PT1S}}], catch: {then: end, errors: {with: {type: 'https://serverlessworkflow.io/spec/1.0.0/errors/timeout', status: 504}}}}", "3: /do/0/t/catch/errors/with/status: expected status 408, which every timeout error has; this catch catches none; found 504 (leave the status out, or mend the type)"),
}  # fmt: skip
TEXTS = {
    "a part of a text": ("- a: {set: {x: 'Hello, ${ .user.name }!'}}", r"""3: /do/0/a/set/x: expected an expression that is wholly in ${ }, since nothing fills in a part of a text; found 'Hello, ${ .user.name }!' (write ${ "Hello, \(.user.name)!" })"""),
    "a part that cannot be rewritten": ("""- a: {set: {x: 'say "${ .x }"'}}""", r"""3: /do/0/a/set/x: expected an expression that is wholly in ${ }, since nothing fills in a part of a text; found 'say "${ .x }"' (write a text with parts as an expression: ${ "Hello \(.user.name)" })"""),
    "a name": ("- a: {call: http, with: {method: get, endpoint: 'https://x'}}\n- b: {call: '${ .f }'}", "4: /do/1/b/call: expected plain text, since opos evaluates no expression here; found '${ .f }'"),
    "an expression that cannot be read": ("- a: {set: '${ (.a }'}", "3: /do/0/a/set: expected a jq expression that opos can evaluate; found '(.a': brackets that do not match"),
    "a bare one that cannot be read": ("- a: {wait: PT1S, if: '(.a'}", "3: /do/0/a/if: expected a jq expression that opos can evaluate; found '(.a': brackets that do not match"),
    "an output in output.as": ("- a: {wait: PT1S, output: {as: $output.x}}", "3: /do/0/a/output/as: expected one of $authorization, $context, $input, $runtime, $task, $workflow; found $output (use `.`, which is the output here)"),
    "an input in input.from": ("- a: {wait: PT1S, input: {from: $input.x}}", "3: /do/0/a/input/from: expected one of $context, $runtime, $task, $workflow; found $input (use `.`, which is the input here)"),
    "a secret in the history": ("- a: {wait: PT1S, input: {from: {k: '${ $secrets.KEY }'}}}", "3: /do/0/a/input/from/k: expected one of $context, $runtime, $task, $workflow; found $secrets (use it in authentication, or in headers, query and body of call: http, where no history has it)"),
    "a secret in an endpoint": ("- a: {call: http, with: {method: get, endpoint: '${ $secrets.KEY }'}}", "3: /do/0/a/with/endpoint: expected one of $authorization, $context, $input, $runtime, $task, $workflow; found $secrets (use it in authentication, or in headers, query and body of call: http, where no history has it)"),
    "a misspelt variable": ("- a: {for: {in: .x, each: pet}, do: [{b: {set: '${ $pets }'}}]}", "3: /do/0/a/do/0/b/set: expected one of $authorization, $context, $index, $input, $pet, $runtime, $task, $workflow; found $pets (did you mean '$pet'?)"),
    "a loop variable outside": ("- a: {for: {in: $item.x}, do: []}", "3: /do/0/a/for/in: expected one of $authorization, $context, $input, $runtime, $task, $workflow; found $item"),
    "an error outside of its catch": ("- a: {set: '${ $error }'}", "3: /do/0/a/set: expected one of $authorization, $context, $input, $runtime, $task, $workflow; found $error (an error is known in catch only)"),
}  # fmt: skip
CASES = {**SHAPES, **REFUSALS, **NAMES, **CATCHES, **TEXTS}


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_in_a_task_is_named(case: str) -> None:
    tasks, expected = CASES[case]
    assert list(map(str, check_tasks(tasks).faults)) == [f"order.yaml:{expected}"]


DOCUMENTS = {
    "another version of the language": (f"{HEADER.replace('1.0.3', '0.9.0')}do: []", "1: /document/dsl: expected one of 1.0.0, 1.0.1, 1.0.2, 1.0.3; found '0.9.0' (write dsl: '1.0.3')"),
    "a version without quotes": (f"{HEADER.replace(chr(39) + '1.0.0' + chr(39), '1.0')}do: []", "1: /document/version: expected text; found 1.0 (put quotes around it)"),
    "a short version": (f"{HEADER.replace('1.0.0', '1.0')}do: []", "1: /document/version: expected a semantic version such as '1.0.0'; found '1.0'"),
    "a name with a space": (f"{HEADER.replace('order', 'an order')}do: []", "1: /document/name: expected letters, digits and -, at most 63, none at either end a -; found 'an order'"),
    "no tasks": (HEADER, "1: expected the key 'do'; found none"),
    "tasks without a list": (f"{HEADER}do: {{a: {{set: {{x: 'a ${{ .b }}'}}}}}}", "2: /do: expected a list; found a mapping"),
    "loose mode": (f"{HEADER}evaluate: {{mode: loose}}\ndo: []", "2: /evaluate/mode: expected mode: strict; found mode: loose, in which an expression that fails silently becomes text (put expressions in ${ } and leave evaluate out)"),
    "another language": (f"{HEADER}evaluate: {{language: js}}\ndo: []", "2: /evaluate/language: expected language: jq; found another language for expressions (write the expressions in jq)"),
    "a catalog": (f"{HEADER}use: {{catalogs: {{a: {{endpoint: 'https://x'}}}}}}\ndo: []", "2: /use/catalogs: expected functions of `use.functions` or of opos; found a remote catalog (copy its functions into use.functions)"),
    "a function that calls itself": (f"{HEADER}use:\n  functions:\n    a: {{call: b}}\n    b: {{do: [{{c: {{call: b}}}}]}}\ndo: []", "5: /use/functions/b: expected a function that does not call itself, also not through others; found 'b'"),
    "a cron line": (f"{HEADER}schedule: {{cron: daily}}\ndo: []", "2: /schedule/cron: expected a cron line such as 0 3 * * *; found 'daily'"),
    "no start": (f"{HEADER}schedule: {{}}\ndo: []", "2: /schedule: expected at least one of every, cron, after, on; found none"),
    "read without on": (f"{HEADER}schedule: {{every: PT5M, read: raw}}\ndo: []", "2: /schedule: expected read beside on; found read without on (add on, or leave read out)"),
    "an interval of zero": (f"{HEADER}schedule: {{every: PT0S}}\ndo: []", "2: /schedule/every: expected a duration longer than zero; found zero"),
    "a schedule from data": (f"{HEADER}schedule: {{after: '${{ .x }}'}}\ndo: []", "2: /schedule/after: expected plain text, since opos evaluates no expression here; found '${ .x }'"),
    "a directive of a function": (f"{HEADER}use: {{functions: {{f: {{wait: PT1S, then: a}}}}}}\ndo: [{{a: {{call: f}}}}]", "2: /use/functions/f/then: expected continue, exit, end or a task of the same list (it has none); found 'a' (that task is in another list; use exit to leave this one)"),
}  # fmt: skip


@pytest.mark.parametrize("case", DOCUMENTS)
def test_a_mistake_in_the_document_is_named(case: str) -> None:
    text, expected = DOCUMENTS[case]
    assert list(map(str, check(text).faults)) == [f"order.yaml:{expected}"]


def test_the_mistakes_of_all_checks_come_at_once_in_the_order_of_the_file() -> None:
    result = check_tasks(
        """
        - a: {wait: P1Y, then: c}
        - b: {call: grpc, with: {x: 'a ${ .x }'}}
        - a: {set: {x: '${ $nothing }', y: 'a ${ .x }'}, timeout: short}
        - d: {try: [{e: {prnt: 1}}], catch: {when: 'false'}}
        """
    )
    assert [(fault.line, fault.path) for fault in result.faults] == [
        (3, "/do/0/a/then"), (3, "/do/0/a/wait"), (4, "/do/1/b"), (5, "/do/2/a"), (5, "/do/2/a/set/x"),
        (5, "/do/2/a/set/y"), (5, "/do/2/a/timeout"), (6, "/do/3/d/catch/when"), (6, "/do/3/d/try/0/e"),
    ]  # fmt: skip
    assert (result.definition, result.warnings) == (None, ())


def test_functions_that_double_are_refused_before_anything_is_put_in() -> None:
    functions = "\n".join(
        f"    f{n}: {{do: [{{a: {{call: f{n + 1}}}}}, {{b: {{call: f{n + 1}}}}}]}}" for n in range(40)
    )
    result = check(f"{HEADER}use:\n  functions:\n{functions}\n    f40: {{wait: PT1S}}\ndo: [{{a: {{call: f0}}}}]")
    assert [(fault.line, fault.path) for fault in result.faults] == [(3, "/use/functions")]
    assert result.faults[0].expected == "at most 10000 tasks, with those of each function where it is called"


def test_a_catch_may_name_a_task_of_its_own_try_or_of_a_function_that_this_calls() -> None:
    tasks = """
        - t: {{try: [{{a: {{call: f}}}}], catch: {{then: end, errors: {{with: {{instance: {instance}}}}}}}}}
        """
    functions = "use: {functions: {f: {do: [{b: {wait: PT1S}}]}}}"
    for instance in ("/do/0/t/try/0/a", "/do/0/t/try/0/a/function/do/0/b"):
        assert check_tasks(tasks.format(instance=instance), functions).faults == ()
    assert len(check_tasks(tasks.format(instance="/do/0/t"), functions).faults) == 1
