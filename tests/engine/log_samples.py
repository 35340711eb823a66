"""Real log lines, and what is to become of them."""

from __future__ import annotations

import json

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

WORDS = ("passwd", "passphrase", "pwd", "secret", "token", "apikey", "api-key", "private_key")
HIDDEN = {
    # JSON, by the key.
    '{"user":"bob","password":"hunter2","ok":true}': (
        '{"user":"bob","password":"[redacted]","ok":true}'
    ),
    r'{"password":"hun\"ter2\\","a":1}': '{"password":"[redacted]","a":1}',
    '{"accessToken": "a.b", "api_key" :"k", "clientSecret":"s"}': (
        '{"accessToken":"[redacted]", "api_key":"[redacted]", "clientSecret":"[redacted]"}'
    ),
    '{"token":123456,"secret":["a","b"]}': '{"token":"[redacted]","secret":"[redacted]"}',
    '{"DB_PWD":"x","PASSWD":"y","awsSecretAccessKey":"z"}': (
        '{"DB_PWD":"[redacted]","PASSWD":"[redacted]","awsSecretAccessKey":"[redacted]"}'
    ),
    '{"req":{"headers":{"authorization":"Basic dXNlcjpwYXNz","cookie":"sid=abc; b=c"}}}': (
        '{"req":{"headers":{"authorization":"[redacted]","cookie":"[redacted]"}}}'
    ),
    '{"res":{"headers":{"set-cookie":["sid=a]bc; Path=/","b=c"]}},"ms":3}': (
        '{"res":{"headers":{"set-cookie":"[redacted]"}},"ms":3}'
    ),
    '{"cookies":{"sid":"a}bc","b":{"c":1}},"ms":3}': '{"cookies":"[redacted]","ms":3}',
    '{"level":"log","message":"{\\"user\\":\\"bob\\",\\"password\\":\\"hun\\\\\\"ter2\\"}"}': (
        '{"level":"log","message":"{\\"user\\":\\"bob\\",\\"password\\":\\"[redacted]\\"}"}'
    ),
    '{"message":"body {\\"token\\":12345,\\"a\\":1}"}': (
        '{"message":"body {\\"token\\":\\"[redacted]\\",\\"a\\":1}"}'
    ),
    # Text, alone and within JSON.
    **{f"x {word}=abc y": f"x {word}=[redacted] y" for word in WORDS},
    '{"msg":"login password=hunter2","a":1}': '{"msg":"login password=[redacted]","a":1}',
    'level=info password="my pass word" user=bob': 'level=info password="[redacted]" user=bob',
    "password: hunter2": "password: [redacted]",
    "x-api-key: 9f8a7b6c": "x-api-key: [redacted]",
    "{ password: 'hunter2', token: \"a b\", user: 'bob' }": (
        "{ password: '[redacted]', token: \"[redacted]\", user: 'bob' }"
    ),
    "{ 'x-api-key': 'abc', user: 'bob' }": "{ 'x-api-key': '[redacted]', user: 'bob' }",
    '{"msg":"secret: \\"a b\\" and token: \'c d\'"}': (
        '{"msg":"secret: \\"[redacted]\\" and token: \'[redacted]\'"}'
    ),
    "\x1b[36mpassword\x1b[39m=hunter2": "password=[redacted]",
    # URLs.
    ACCESS.replace("/api/items", "/login?token=abc&next=/") % 200: (
        ACCESS.replace("/api/items", "/login?token=[redacted]&next=/") % 200
    ),
    "DATABASE_URL=postgres://shop:pa$$w@rd@db:5432/shop": (
        "DATABASE_URL=postgres://shop:[redacted]@db:5432/shop"
    ),
    '{"url":"redis://:hunter2@redis:6379"}': '{"url":"redis://:[redacted]@redis:6379"}',
    # Headers and bearer tokens.
    "Authorization: Bearer abcdefghijklmnop": "Authorization: Bearer [redacted]",
    "> authorization: basic dXNlcjpwYXNz": "> authorization: basic [redacted]",
    "authorization=Bearer abcdefgh": "authorization=Bearer [redacted]",
    '{"msg":"sent Bearer a1b2.c3 to x"}': '{"msg":"sent Bearer [redacted] to x"}',
    "got Basic dXNlcjpwYXNz": "got Basic [redacted]",
    "jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-def_ seen": "jwt [redacted] seen",
    "Cookie: sid=abc; theme=dark": "Cookie: [redacted]",
    "Cookie: s1d=abc; b=c": "Cookie: [redacted]",
    "< Set-Cookie: sid=abc; Path=/; HttpOnly": "< Set-Cookie: [redacted]",
    '{"msg":"Cookie: sid=abc; b=c","a":1}': '{"msg":"Cookie: [redacted]","a":1}',
    "{ cookie: 'sid=abc; b=c', a: 1 }": "{ cookie: '[redacted]', a: 1 }",
    # Cut off in the middle.
    '{"user":"bob","password":"hunt': '{"user":"bob","password":"[redacted]"',
}

HARMLESS = [
    '{"password":"","secret":null,"token":true,"passwordChanged":false}',
    '{"tokens":512,"token_type":"Bearer","max_tokens":100}',
    '{"msg":"invalid token:","user":"bob"}',
    '{"url":"/reset?token=","user":"bob"}',
    '{"fields":["password","email"]}',
    "Invalid password: must be 8 characters",
    "SyntaxError: Unexpected token < in JSON at position 0",
    "Unexpected token: expired",
    "HTTP Basic authentication is required; bearer token missing",
    "secretary tokenizer passwordless cookieless basic plan",
    "PWD=/usr/src/app OLDPWD=/",
    "event token:created user:password:changed",
    "const token = await getToken(); token == null",
    "GET http://host:3000/@scope/pkg by me@example.org",
    "GET /assets/cookie-policy.html",
    NEST % "log",
    TEXT % "    LOG",
]

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
    "Nest's text": (
        [TEXT % "  ERROR", *TRACE[:3]],
        [({"level": "error"}, TEXT % "  ERROR"), ({"level": "error"}, "\n".join(TRACE[:3]))],
    ),
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
