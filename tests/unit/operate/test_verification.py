from __future__ import annotations

from operate.running_stack import RunningStack
from operate.verification import Result, check, table

NOWHERE = "http://127.0.0.1:1"


def test_programs_that_do_not_answer_fail_every_check_with_their_address() -> None:
    stack = RunningStack(NOWHERE, NOWHERE, "secret", "monitoring-dev", "unix:///nowhere.sock")
    results = check(stack, seconds=0)
    assert not any(result.passed for result in results)
    assert all(NOWHERE in result.seen for result in results)


def test_the_table_has_a_line_for_each_check() -> None:
    results = [Result("Short", passed=True, seen="yes"), Result("Longer", passed=False, seen="no")]
    assert table(results) == "  ok      Short   yes\n  FAILED  Longer  no"
