"""Lines with secrets, what is to be left of them, and harmless lines that look like some."""

from __future__ import annotations

from tests.engine.log_samples import ACCESS, NEST, TEXT

WORDS = (
    *("pass", "db_pass", "DB_PASS", "userPass", "passwd", "passphrase", "pwd", "secret", "token"),
    *("apikey", "api-key", "private_key", "accessKey", "AccountKey"),
)
# In parts, so that whoever looks for secrets in a repository finds none here.
RANDOM = "0a1B2c3D4e5F" * 6
HEX = "0123456789abcdef" * 4
FORMS = {
    **{f"gh{kind}_": RANDOM[:36] for kind in "pousr"},
    "github_pat_": f"{RANDOM[:22]}_{RANDOM[:59]}",
    "glpat-": RANDOM[:20],
    "xoxb-": f"123456789012-{RANDOM[:24]}",
    "sk_live_": RANDOM[:24],
    "rk_live_": RANDOM[:40],
    "AIza": f"Sy{RANDOM[:33]}",
    "AKIA": "IOSFODNN7EXAMPLE",
    "https://hooks.slack.com/services/": f"T0123/B4567/{RANDOM[:24]}",
    "X-Amz-Date=20261124T150500Z&X-Amz-Signature=": HEX,
    "X-Goog-Signature=": HEX * 8,
}
PEM = '{"key":"-----BEGIN %s-----%s-----END %s-----","a":1}'
KEYS = ("PRIVATE KEY", "RSA PRIVATE KEY", "OPENSSH PRIVATE KEY", "PGP PRIVATE KEY BLOCK")
BASE64 = rf"\n{RANDOM}+/\n{RANDOM}==\n"
AWS4 = (
    "AWS4-HMAC-SHA256 Credential=AKIA%s/20261124/eu-central-1/s3/aws4_request,"
    " SignedHeaders=host;x-amz-date, Signature=%s"
)
HIDDEN = {
    # JSON, by the key.
    '{"user":"bob","password":"hunter2","ok":true}': (
        '{"user":"bob","password":"[redacted]","ok":true}'
    ),
    '{"pass":"hunter2","dbPass": "x","SMTP_PASS":"y"}': (
        '{"pass":"[redacted]","dbPass": "[redacted]","SMTP_PASS":"[redacted]"}'
    ),
    '{"accessKey":"x","AccountKey":"y"}': ('{"accessKey":"[redacted]","AccountKey":"[redacted]"}'),
    "Endpoint=x;AccountName=shop;AccountKey=ab+c/d==;EndpointSuffix=y": (
        "Endpoint=x;AccountName=shop;AccountKey=[redacted];EndpointSuffix=y"
    ),
    r'{"msg":"body {\"pass\":\"hunter2\",\"a\":1}"}': (
        r'{"msg":"body {\"pass\":\"[redacted]\",\"a\":1}"}'
    ),
    "{ user: 'bob', pass: 'hunter2' }": "{ user: 'bob', pass: '[redacted]' }",
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
    '{"url":"postgres://shop:p4/ss#w?rd@db:5432/shop"}': (
        '{"url":"postgres://shop:[redacted]@db:5432/shop"}'
    ),
    "amqp://shop:1234@rabbit and redis://:9#a@redis": (
        "amqp://shop:[redacted]@rabbit and redis://:[redacted]@redis"
    ),
    # By their form.
    **{f"got {form}{rest} here": f"got {form}[redacted] here" for form, rest in FORMS.items()},
    **{f'{{"a":"{form}{rest}"}}': f'{{"a":"{form}[redacted]"}}' for form, rest in FORMS.items()},
    **{PEM % (kind, BASE64, kind): PEM % (kind, "[redacted]", kind) for kind in KEYS},
    f"Authorization: {AWS4 % ('IOSFODNN7EXAMPLE', HEX)}": (
        "Authorization: AWS4-HMAC-SHA256 [redacted],"
        " SignedHeaders=host;x-amz-date, Signature=[redacted]"
    ),
    f'{{"msg":"signed {AWS4 % ("IOSFODNN7EXAMPLE", HEX)}"}}': (
        f'{{"msg":"signed {AWS4 % ("[redacted]", "[redacted]")}"}}'
    ),
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
    "passed: 3, bypass=on bypass: 'x' compass=north BYPASS=1 passport=x pass_count=3",
    "pass: 3 of 4 tests",
    "PASS src/app.spec.ts",
    "# pass 3",
    '{"pass":3,"fail":1,"status":"pass","of":["pass"],"bypass":"on"}',
    "tests pass=3 fail=0 dkim=pass spf=pass",
    '{"accessKeyId":"id","keyboard":"qwerty","publicKey":"x"}',
    "commit da39a3ee5e6b4b0d3255bfef95601890afd80709 (HEAD -> main)",
    f"sha256:{HEX} npm sha512-{RANDOM}",
    "id 9f1c2d3e-4b5a-4c6d-8e7f-0a1b2c3d4e5f, task_live_2, risk_test_, ghp_short, AKIA, AIza",
    "/node_modules/react-compat-something-that-is-long/glpat-x.js https://bank.com/services/loans",
    "GET http://[::1]:3000/@vite/client http://host:3000/a#b@c http://host/a:b@c ssh://git@h:o/r",
    "-----BEGIN PUBLIC KEY-----\\nMFkw\\n-----END PUBLIC KEY-----",
    f"etag={HEX} signature=none X-Amz-Algorithm=AWS4-HMAC-SHA256",
    NEST % "log",
    TEXT % "    LOG",
]
