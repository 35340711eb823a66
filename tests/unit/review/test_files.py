from __future__ import annotations

import pytest

from review.files import FileChange, changes
from tests.unit.review.recordings import uploads, with_states

FILE = "/etc/loki/a.yml"


def change(before: object, after: object) -> list[FileChange]:
    """Return how the files of Loki change."""
    states = ({"inputs": {"uploads": files}} for files in (before, after))
    [step] = with_states("loki", "replace", *states).of("container")
    return list(changes(step))


@pytest.mark.parametrize(
    ("before", "after", "title", "size", "diff"),
    [
        (uploads(a="1\n2"), uploads(a="1\n3"), "", "+1 -1", "@@ -1,2 +1,2 @@\n 1\n-2\n+3"),
        (None, uploads(a="1\n2"), " is new", "+2 -0", "@@ -0,0 +1,2 @@\n+1\n+2"),
        (uploads(a="1\n2"), [], " is removed", "+0 -2", "@@ -1,2 +0,0 @@\n-1\n-2"),
        # Pulumi leaves out what is empty.
        ([{"file": FILE}], uploads(a="1"), "", "+1 -0", "@@ -0,0 +1 @@\n+1"),
    ],
)
def test_a_file_is_told_as_a_diff_and_in_short_by_its_size(
    before: object, after: object, title: str, size: str, diff: str
) -> None:
    [told] = change(before, after)
    assert told.text == f"`{FILE}`{title}\n\n```diff\n{diff}\n```"
    assert told.short == f"`{FILE}`{title}: {size} lines"


@pytest.mark.parametrize(("lines", "is_folded"), [(39, False), (40, True)])
def test_a_diff_of_more_than_forty_lines_is_folded(lines: int, *, is_folded: bool) -> None:
    [told] = change(None, uploads(a="\n".join("x" * lines)))  # and one line that says where
    assert (f"<summary>+{lines} -0 lines</summary>" in told.text) == is_folded


def test_hidden_files_are_told_only_where_they_change_and_stay_hidden_in_short() -> None:
    [told] = change("[secret]", uploads(a="1"))
    assert (told.text, told.path) == (told.short, "")
    assert "hidden" in told.short
    assert change("[secret]", "[secret]") == []
