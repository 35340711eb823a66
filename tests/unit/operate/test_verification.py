from __future__ import annotations

from datetime import UTC, datetime

from operate.running_stack import RunningStack
from operate.verification import Result, backup_age, check, table

NOWHERE = "http://127.0.0.1:1"


def test_programs_that_do_not_answer_fail_every_check_with_their_address() -> None:
    stack = RunningStack(NOWHERE, NOWHERE, "secret", "monitoring-dev", "unix:///nowhere.sock")
    results = check(stack, seconds=0)
    assert not any(result.passed for result in results)
    assert all(NOWHERE in result.seen for result in results)


def test_the_table_has_a_line_for_each_check() -> None:
    results = [Result("Short", passed=True, seen="yes"), Result("Longer", passed=False, seen="no")]
    assert table(results) == "  ok      Short   yes\n  FAILED  Longer  no"


def test_how_old_the_last_backup_is_stands_below() -> None:
    last = {"file": "backups/dev.tar", "time": "2026-11-26T03:00:00+00:00"}
    said = backup_age("dev", last, datetime(2026, 11, 27, 5, tzinfo=UTC))
    assert said == "The last backup that was made here is 26 h old: backups/dev.tar"
    assert "`make backup STACK=dev`" in backup_age("dev", None, datetime.now(UTC))
