"""What runs in the child: requests on standard input, which jaq evaluates; answers on standard output.

It is started as a script, without the project's packages: only the standard library and jaq, whose folder is the first
argument. The second is the memory in bytes, the third the seconds after which a request ends this process.

A request is its length, then texts in threes, each with its length: source, names of the variables, and JSON. JSON is
`[input, variables]` to evaluate, or empty to analyse. An answer is a sign, its length and a text: `=` and JSON, or `!`
and why there is none, or `m` if the memory ended. The first that is no `=` ends the request. A length has four bytes.
"""

import json
import os
import re
import resource
import signal
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

sys.path.extend(sys.argv[1:2])
import jaq

Act = Callable[[str, tuple[str, ...], bytes], str]

PRELUDE = (
    "def IN(s): any(s == .; .); def IN(source; s): any(source == s; .);"
    " def INDEX(stream; key): reduce stream as $row ({}; .[$row | key | tostring] |= $row);"
    " def INDEX(key): INDEX(.[]; key);"
    " def trimstr($x): ltrimstr($x) | rtrimstr($x);"
    ' def scan($re; $flags): match($re; "g" + $flags)'
    ' | if (.captures | length) > 0 then [.captures[].string] else .string end; def scan($re): scan($re; "");'
    ' def join($x): reduce .[] as $i (null; (if . == null then "" else . + $x end)'
    ' + ($i | if type == "boolean" or type == "number" then tojson else . // "" end)) // "";'
    " def from_entries: reduce .[] as $x ({}; . + {($x"
    " | if .key == null then .k // .name // .Name // .K // .Key else .key end"
    ' | if type == "string" then . else tojson end):'
    ' ($x | if has("value") then .value elif has("v") then .v else .Value end)});\n'
)
"""What jaq lacks, or silently does otherwise than jq. Source: src/builtin.jq of jq 1.8."""
MAX_PROGRAMS, MAX_CHARACTERS = 128, 2048
"""Of the compiled programs that are kept, and of the source of each: a short one takes 0.12 MB, one of 64 KB 7 MB."""
PROGRAMS_MEMORY = 32 * 1024 * 1024
"""Bytes that the kept programs may take, in addition to those that an evaluation may use."""
MAX_REASON = 300
"""Characters of what jaq says: it may quote a whole value."""
_STANDARD_FILES = 3
_LENGTH = struct.Struct(">I")
_REPORT = re.compile(r"Error: (?P<error>.*)\n.*\n.*\n\s*(?P<line>\d+) │ (?P<text>.*)")
_LABEL = re.compile(r"╰─+ (?P<label>.*)")


def main(memory: str, seconds: str) -> None:
    os.environ.clear()
    limit(int(memory))
    write(b"=", b"")
    while request := read():
        signal.setitimer(signal.ITIMER_REAL, float(seconds))
        answer(texts(request))
        signal.setitimer(signal.ITIMER_REAL, 0)


def limit(memory: int) -> None:
    """Sets each limit that this system has: memory, files to write and to open, dumps, processes."""
    with suppress(OSError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        _set(resource.RLIMIT_AS, pages * resource.getpagesize() + PROGRAMS_MEMORY + memory)
    _set(resource.RLIMIT_FSIZE, 0)
    _set(resource.RLIMIT_CORE, 0)
    _set(resource.RLIMIT_NPROC, 0)
    _set(resource.RLIMIT_NOFILE, _STANDARD_FILES)


def _set(kind: int, value: int) -> None:
    with suppress(OSError, ValueError):
        resource.setrlimit(kind, (value, value))


def read() -> bytes:
    """The next request; empty at the end of the input, which is also the end of the parent."""
    (length,) = _LENGTH.unpack(sys.stdin.buffer.read(4) or bytes(4))
    return sys.stdin.buffer.read(length)


def texts(request: bytes) -> Iterator[bytes]:
    start = 0
    while start < len(request):
        (length,) = _LENGTH.unpack_from(request, start)
        yield request[start + 4 : start + 4 + length]
        start += 4 + length


def write(sign: bytes, content: bytes) -> None:
    sys.stdout.buffer.write(sign + _LENGTH.pack(len(content)) + content)
    sys.stdout.buffer.flush()


def answer(items: Iterator[bytes]) -> None:
    for source, names, values in zip(items, items, items, strict=True):
        act = evaluate if values else analyse
        sign, content = attempt(act, source.decode(), tuple(names.decode().split()), values)
        write(sign, content)
        if sign != b"=":
            return


def attempt(act: Act, source: str, names: tuple[str, ...], values: bytes) -> tuple[bytes, bytes]:
    """The answer of *act*, or why there is none. A panic of jaq is a BaseException, and must end nothing."""
    try:
        return b"=", act(source, names, values).encode()
    except MemoryError:
        return b"m", b""
    except BaseException as error:  # noqa: BLE001
        return b"!", reason(error).encode(errors="replace")


def evaluate(source: str, names: tuple[str, ...], values: bytes) -> str:
    """The first two results, as a JSON array."""
    compiled = kept_program if len(source) <= MAX_CHARACTERS else program
    return compiled(source, names).text(values, text=True)


def program(source: str, names: tuple[str, ...]) -> jaq.Filter:
    """*source*, with its input and variables from one text. It must be complete by itself: `1) | (2` is not."""
    jaq.compile(PRELUDE + source, vars=list(names))
    variables = ", ".join(f"${name}" for name in names)
    binding = f".[1] as {{{variables}}} | " if names else ""
    return jaq.compile(f"{PRELUDE}{binding}.[0] | [limit(2; (\n{source}\n))]")


kept_program = lru_cache(maxsize=MAX_PROGRAMS)(program)


def analyse(source: str, _names: tuple[str, ...], _values: bytes) -> str:
    try:
        variables = sorted(jaq.analyze(PRELUDE + source).vars)
        program(source, tuple(variables))
    except jaq.JaqError as error:
        return json.dumps({"fault": reason(error), "variables": []})
    return json.dumps({"fault": None, "variables": variables})


def reason(error: BaseException) -> str:
    """The words of *error*; of a report on a program, the first error and its line."""
    words, label = str(error), _LABEL.search(str(error))
    if isinstance(error, jaq.CompileError) and (report := _REPORT.match(words)) and label:
        words = (
            f"{report['error']} ({label['label'].strip()}) {_place(int(report['line']) - 1, report['text'].strip())}"
        )
    return words if len(words) <= MAX_REASON else f"{words[:MAX_REASON]}..."


def _place(line: int, text: str) -> str:
    return f"in line {line}: {text}" if text else f"in line {line}"


if __name__ == "__main__":
    main(*sys.argv[2:])
