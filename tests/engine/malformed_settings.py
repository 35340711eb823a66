"""Settings files as an editor, a merge or a slip leaves them, and what must be said of them."""

from __future__ import annotations

_LABELS = "  monitoring:labels:\n"
_NESTED = "".join(
    f"    {outer}: &{outer} [{f'*{inner},' * 9}]\n"
    for inner, outer in zip("abcdefg", "bcdefgh", strict=True)
)
# The lines that stand first below `config:`. Of a file that is not valid YAML the CLI speaks,
# before the program runs.
MALFORMED = {
    "indented by tabs": (
        "\tmonitoring:labels:\n\t\tteam: a\n",
        "line 2: found character that cannot start any token",
    ),
    "left by a merge": (
        f"<<<<<<< HEAD\n{_LABELS}=======\n>>>>>>> main\n",
        "line 2: could not find expected ':'",
    ),
    "a key twice": (
        f"{_LABELS}    team: a\n{_LABELS}    team: b\n",
        'line 4: mapping key "monitoring:labels" already defined at line 2',
    ),
    "aliases for millions of words": (
        f"{_LABELS}    a: &a [{'x,' * 9}]\n{_NESTED}",
        "document contains excessive aliasing",
    ),
    "a Windows path in quotes": (
        '  monitoring:dockerSocket: "C:\\ProgramData\\docker.sock"\n',
        "line 2: found unknown escape character",
    ),
    "a Windows path": (
        "  monitoring:dockerSocket: C:\\ProgramData\\docker.sock\n",
        "monitoring:dockerSocket is 'C:\\ProgramData\\docker.sock', but must be an absolute path",
    ),
    "a list for a mapping": (
        f"{_LABELS}    - team: a\n",
        "monitoring:labels is [{'team': 'a'}], but must be names with values",
    ),
    "a mapping for a name": (
        "  monitoring:jobs: [{name: {a: b}, targets: [backend:3000]}]\n",
        "monitoring:jobs[0].name is {'a': 'b'}, but must be a name",
    ),
    "a slip in a key below another": (
        "  monitoring:blackbox: {imgae: a}\n",
        "monitoring:blackbox.imgae is not a setting of this version; did you mean 'image'?",
    ),
    "an address with its port": (
        "  monitoring:bindAddress: 127.0.0.1:3000\n",
        "monitoring:bindAddress is '127.0.0.1:3000', but must be",
    ),
    "a number that looks octal": (
        "  monitoring:canary: {memory: 0900}\n",
        "monitoring:canary.memory is 900, but must be a size",
    ),
    "a slip before the colon": (
        "  monitor:labels: {team: a}\n",
        "monitoring:labels is written as 'monitor:labels', which nothing reads",
    ),
    "secrets in clear text": (
        "  monitoring:alertSecrets: {slackUrl: https://hooks.test/unsaid}\n",
        "monitoring:alertSecrets is in clear text; set it with: pulumi config set --secret",
    ),
}
"""By what is wrong."""
