"""What is said where Pulumi cannot use the backend that keeps the state."""

from __future__ import annotations

import pytest

from bootstrap.programs import Answer
from operate import state_errors
from setup.credentials import masked

# As Pulumi 3.259 wrote them.
_POSTGRES = (
    'error: unable to open state database "postgres://pulumi:{}@db:5432/pulumi": failed to ping'
    " PostgreSQL: dial tcp 127.0.0.1:5432: connect: connection refused\n"
)
_FOLDER = (
    'error: unable to open state directory "file:///no/such/dir": stat /no/such/dir: no such file'
    " or directory\n"
)
_LOCKED = (
    "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to"
    " end or delete the lock file with `pulumi cancel`.\n"
    "  postgres://****:****@db/pulumi/.pulumi/locks/organization/monitoring/dev/9c9b.json: created"
    " by ann@laptop (pid 28591) at 2026-11-24T18:11:33Z\n"
)


def said(errors: str) -> str:
    return state_errors.explain("stack select", Answer(255, "", errors))


@pytest.mark.parametrize("password", ["secret", "se/cret", "se@cret", "s%40cret", "s:e/c@r@et"])
def test_the_password_in_an_address_is_not_repeated(password: str) -> None:
    text = said(_POSTGRES.format(password))
    assert '"postgres://****@db:5432/pulumi"' in text
    assert "cret" not in text
    assert "PGPASSWORD" in text
    assert len(text.splitlines()) == 1


def test_a_password_among_an_addresss_parameters_is_not_repeated() -> None:
    shown = masked('"postgres://db/pulumi?user=ann&password=secret&sslmode=require"')
    assert shown == '"postgres://db/pulumi?user=ann&password=****&sslmode=require"'


def test_a_missing_folder_is_named_with_the_places_of_its_address() -> None:
    assert "make its folder" in said(_FOLDER)
    assert "PULUMI_BACKEND_URL" in said(_FOLDER)


def test_what_is_no_address_of_a_backend_is_said_to_be_that_and_not_a_missing_login() -> None:
    text = said("error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive sessions")
    assert "correct the address" in text
    assert "%2F" in text


def test_a_store_that_refuses_is_said_with_its_credentials() -> None:
    text = said(
        'error: read ".pulumi/meta.yaml": blob (code=Unknown): operation error S3: GetObject'
    )
    assert "the credentials for it" in text


def test_a_lock_is_said_with_its_holder_and_the_command_that_breaks_it() -> None:
    text = said(_LOCKED)
    assert "started by ann@laptop (pid 28591) at 2026-11-24T18:11:33Z" in text
    assert "`pulumi cancel`" in text
    assert len(text.splitlines()) == 1


def test_another_failure_keeps_pulumis_own_words() -> None:
    assert said("error: no stack named 'x' found\n").endswith("failed: no stack named 'x' found")
