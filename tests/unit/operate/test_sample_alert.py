from __future__ import annotations

import pytest

from bootstrap.progress import CommandError
from operate import sample_alert
from operate.sample_alert import Outcome


def test_the_outcome_tells_of_each_receiver() -> None:
    outcome = Outcome({"slack": 41.6}, {"webhook": "connection refused"})
    assert str(outcome) == (
        "slack: delivered after 42 s\nwebhook: not delivered: connection refused"
    )


def test_the_outcome_tells_that_there_is_nobody_to_send_to() -> None:
    assert "there is no receiver" in str(Outcome())


def test_a_grafana_that_does_not_answer_is_said_in_one_sentence() -> None:
    with pytest.raises(CommandError, match=r"Grafana at http://127\.0\.0\.1:1 does not answer"):
        sample_alert.send("http://127.0.0.1:1", "secret")
