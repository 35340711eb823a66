"""Real log lines, and what must become of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

NEST = '{"level":"%s","pid":1,"timestamp":1795532307139,"message":"Hello","context":"App"}'
PINO = '{"level":%d,"time":1795532307139,"pid":1,"hostname":"a1b2","msg":"Hello"}'
TEXT = "[Nest] 1  - 11/24/2026, 3:05:00 PM %s [App] Hello +2ms"
COLOURED = (
    "\x1b[32m[Nest] 1  - \x1b[39m11/24/2026, 3:05:00 PM \x1b[32m    LOG\x1b[39m"
    " \x1b[38;5;3m[App] \x1b[39m\x1b[32mHello\x1b[39m\x1b[38;5;3m +2ms\x1b[39m"
)
ACCESS = '172.25.0.1 - - [24/Nov/2026:14:58:34 +0000] "GET /api/items HTTP/1.1" %d 150 "-" "curl/8"'
NGINX = "2026/11/24 14:58:34 [%s] 7#7: *1 connect() failed (111: Connection refused)"

LEVELS = {
    **{NEST % word: level for word, level in [("verbose", "debug"), ("debug", "debug")]},
    **{NEST % word: level for word, level in [("log", "info"), ("warn", "warn")]},
    **{NEST % word: level for word, level in [("error", "error"), ("fatal", "fatal")]},
    **{PINO % number: level for number, level in [(10, "debug"), (20, "debug"), (30, "info")]},
    **{PINO % number: level for number, level in [(40, "warn"), (50, "error"), (60, "fatal")]},
    PINO % 35: None,
    TEXT % "    LOG": "info",
    TEXT % "  ERROR": "error",
    TEXT % "   WARN": "warn",
    TEXT % "VERBOSE": "debug",
    TEXT % "  FATAL": "fatal",
    # The date as other countries write it, a prefix of one's own, and another level in the text.
    "[Shop API] 17  - 24.11.2026, 15:05:00    WARN [App] ERROR rate is high": "warn",
    ACCESS % 200: "info",
    "{ level: 'warn', pid: 1, timestamp: 1795535983342, message: 'x', context: 'App' }": "warn",
    ACCESS % 404: "warn",
    ACCESS % 502: "error",
    ACCESS.replace("172.25.0.1", "2001:db8::7") % 503: "error",
    NGINX % "notice": "info",
    NGINX % "warn": "warn",
    NGINX % "error": "error",
    NGINX % "crit": "error",
    NGINX % "emerg": "fatal",
    # Prometheus, Loki, Grafana; and JSON of winston, zap and Google's kind.
    'time=2026-11-24T14:58:34Z level=INFO source=main.go:627 msg="Starting"': "info",
    'level=warn ts=2026-11-24T14:58:34Z caller=pool.go:1 msg="slow level=error"': "warn",
    'logger=ngalert t=2026-11-24T14:58:34Z level=error msg="Failed"': "error",
    'ts=2026-11-24T14:58:34Z lvl="debug" msg=x': "debug",
    '{"message":"GET /","level":"http"}': "debug",
    '{"severity":"WARNING","message":"x"}': "warn",
    # Unknown formats, and what only looks like a level.
    "Listening on port 3000": None,
    "error: this is a sentence of no known format": None,
    '{"level":{"name":"info"},"message":"x"}': None,
    '{"level":"loud","message":"x"}': None,
    '{"message":"level=error is text here"}': None,
    '{"broken":"level=info': None,
}

IDS = {
    '{"level":"log","message":"x","requestId":"req-17"}': {"request_id": "req-17"},
    '{"level":"log","message":{"text":"x","requestId":"req-18"}}': {"request_id": "req-18"},
    '{"level":"log","message":"x","params":{"requestId":"req-19"}}': {"request_id": "req-19"},
    '{"level":30,"req":{"id":"9f1c","method":"GET"},"msg":"x"}': {"request_id": "9f1c"},
    '{"level":30,"reqId":21,"msg":"x"}': {"request_id": "21"},
    '{"level":30,"req":{"headers":{"x-request-id":"9f1d"}},"msg":"x"}': {"request_id": "9f1d"},
    '{"level":"info","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","message":"x"}': {
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736"
    },
    '{"level":30,"req":{"id":7,"headers":{"traceparent":'
    '"00-4bf92f3577b34da6a3ce929d0e0e4737-00f067aa0ba902b7-01"}},"msg":"x"}': {
        "request_id": "7",
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4737",
    },
    'level=info msg="done" request_id=abc-123 traceID=4bf92f3577b34da6': {
        "request_id": "abc-123",
        "trace_id": "4bf92f3577b34da6",
    },
    TEXT % "    LOG" + " x-request-id: 9f1e-77": {"request_id": "9f1e-77"},
    # Too long to lie beside a line, which Loki would refuse.
    json.dumps({"level": "log", "requestId": "x" * 5_000}): {"request_id": "x" * 128},
    '{"level":"log","requestId":null,"message":"x"}': {},
    '{"level":"log","requestId":"","message":"x"}': {},
    "GET /requests/idle=1": {},
}

TRACE = [
    "Error: Boom",
    "    at Items.find (/app/dist/items.js:10:7)",
    "    at process.processTicksAndRejections (node:internal/process/task_queues:105:5) {",
    "  code: 'ENOENT',",
    "  [cause]: Error: Inner",
    "      at /app/dist/items.js:3:1",
    "}",
]
JAVA = [
    "java.lang.IllegalStateException: Boom",
    "\tat com.shop.Items.find(Items.java:10)",
    "\t... 8 more",
]
TRACES = {
    "Node.js": (TRACE, [({"level": "error"}, "\n".join(TRACE[:-1])), ({}, "}")]),
    "Java": (JAVA, [({"level": "error"}, "\n".join(JAVA))]),
    "a secret in a trace": (
        ["Error: password=hunter2", "    at a (b.js:1:2)"],
        [({"level": "error"}, "Error: password=[redacted]\n    at a (b.js:1:2)")],
    ),
    # Next.js begins most lines with a space; each has a time of its own to keep.
    "indented lines that are no trace": (
        [" ✓ Ready in 2s", " GET /api 200 in 12ms", "   at last"],
        [({}, " ✓ Ready in 2s"), ({}, " GET /api 200 in 12ms"), ({}, "   at last")],
    ),
    "equal indented lines": (["  heartbeat ok"] * 2, [({}, "  heartbeat ok")] * 2),
}


NEXT = TEXT % "    LOG"


def _recorded() -> Iterator[tuple[str, list[str]]]:
    for path in sorted(Path(__file__).with_name("nest_text").glob("*.txt")):
        for case in path.read_text().split("### ")[1:]:
            name, *lines = case.splitlines()
            yield f"{path.stem}: {name}", lines


# What Nest's logger printed of errors, by the name of the case: each is one entry.
NEST_TEXT = dict(_recorded())
# What its text does not tell from other lines: (lines, what each entry is).
SEVERAL_ENTRIES = {
    "a message of several lines": (
        [TEXT % "  ERROR", "second line", "  third line"],
        [({"level": "error"}, TEXT % "  ERROR"), ({}, "second line"), ({}, "  third line")],
    ),
    "a stack of an error with several lines": (
        [TEXT % "  ERROR", "Error: Invalid", " - no name", "    at a (b.js:1:2)"],
        [
            ({"level": "error"}, TEXT % "  ERROR"),
            ({}, "Error: Invalid"),
            ({}, " - no name\n    at a (b.js:1:2)"),
        ],
    ),
    "lines of others on the same stream": (
        [TEXT % "  ERROR", "  express:router dispatching GET / +0ms", " ✓ Ready in 2s", JAVA[0]],
        [
            ({"level": "error"}, TEXT % "  ERROR"),
            ({}, "  express:router dispatching GET / +0ms"),
            ({}, " ✓ Ready in 2s"),
            ({}, JAVA[0]),
        ],
    ),
    "a stack below another level": (
        [NEXT, *TRACE[:3]],
        [({"level": "info"}, NEXT), ({"level": "error"}, "\n".join(TRACE[:3]))],
    ),
}
