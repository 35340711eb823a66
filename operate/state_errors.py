"""What is wrong where Pulumi cannot use the backend that keeps the state, and what fixes it."""

from __future__ import annotations

from bootstrap.programs import Answer
from setup.credentials import masked

_WHERE = "PULUMI_BACKEND_URL, else `backend` in Pulumi.yaml"
# What Pulumi says, in the order in which it is looked for, and what fixes it.
_REMEDIES = {
    "PostgreSQL": (
        f"start its database, or correct the address ({_WHERE}) and the password (PGPASSWORD,"
        " else ~/.pgpass) until `psql` opens it"
    ),
    "state directory": f"make its folder, or correct the address ({_WHERE})",
    "unable to open": f"correct the address ({_WHERE}) and the credentials for it",
    ".pulumi/meta.yaml": f"correct the address ({_WHERE}) and the credentials for it",
    # Pulumi takes what is not a valid address for its own service.
    "PULUMI_ACCESS_TOKEN": (
        f"correct the address ({_WHERE}), in which `/`, `@` and `:` of a password are written"
        " %2F, %40 and %3A"
    ),
}


def explain(command: str, answer: Answer) -> str:
    """Say in a sentence why a Pulumi command failed, and where the backend is why, what to do."""
    errors = masked(answer.errors)
    if "currently locked" in errors:
        # The first line says what is wrong, the last who holds the lock.
        holder = errors.strip().splitlines()[-1].rpartition(": created ")[2]
        return (
            f"the stack is locked by another `pulumi`, started {holder}: wait for its end, or,"
            " where it was killed, do as docs/backends.md tells, beginning with `pulumi cancel`."
        )
    complaint = masked(answer.complaint).removeprefix("error: ")
    for phrase, remedy in _REMEDIES.items():
        if phrase in errors:
            return f"the state cannot be reached: {remedy}. Pulumi said: {complaint}"
    return f"pulumi {command} failed: {complaint}"
