"""What a person finds at Grafana: the lines in Loki, and the samples in Prometheus."""

from __future__ import annotations

import urllib.parse
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

from tests.engine.grafana import Grafana
from tests.reliability.printers import numbers

_MOST_LINES = 5_000
_SECOND = 10**9


def lines(grafana: Grafana, names: Sequence[str], begin: float, end: float) -> list[Counter[int]]:
    """Count the numbered lines of containers that Loki has between two times, each copy."""
    with ThreadPoolExecutor(len(names)) as threads:
        return list(threads.map(lambda name: _lines(grafana, name, begin, end), names))


def last_line(grafana: Grafana, name: str, begin: float, end: float) -> int | None:
    """Return the number of a container's newest line in Loki."""
    query = _query(name, int(begin * _SECOND), end, direction="backward", limit=1)
    found = [text for _, text in _values(grafana, query)]
    return max(numbers("".join(found).encode()), default=None)


def _lines(grafana: Grafana, name: str, begin: float, end: float) -> Counter[int]:
    found: Counter[int] = Counter()
    start = int(begin * _SECOND)
    while True:
        query = _query(name, start, end, direction="forward", limit=_MOST_LINES)
        values = _values(grafana, query)
        full = len(values) >= _MOST_LINES
        newest = max((at for at, _ in values), default=0)
        # There may be more of the newest: they are asked for again.
        taken = [text for at, text in values if at < newest or not full]
        found += numbers("\n".join(taken).encode())
        if not full:
            return found
        assert newest > start, f"{name}: {_MOST_LINES} lines at one time"
        start = newest


def _query(name: str, start: int, end: float, **options: Any) -> str:
    selector = {"query": f'{{container="{name}"}}', "start": start, "end": int(end * _SECOND)}
    return f"query_range?{urllib.parse.urlencode(selector | options)}"


def _values(grafana: Grafana, query: str) -> list[tuple[int, str]]:
    answer = grafana.ask(f"/api/datasources/proxy/uid/loki/loki/api/v1/{query}")
    return [
        (int(value[0]), value[1])
        for stream in answer["data"]["result"]
        for value in stream["values"]
    ]


def samples(
    grafana: Grafana, selector: str, begin: float, end: float
) -> list[list[tuple[float, float]]]:
    """Return the raw samples of each series between two times: seconds since 1970, and values."""
    asked = urllib.parse.urlencode(
        {"query": f"{selector}[{max(1, int(end - begin))}s]", "time": f"{end:.3f}"}
    )
    answer = grafana.ask(f"/api/datasources/proxy/uid/prometheus/api/v1/query?{asked}")
    return [
        [(float(at), float(value)) for at, value in series["values"]]
        for series in answer["data"]["result"]
    ]


def longest_gap(times: Sequence[float]) -> float:
    """Return the longest time between two that follow each other, in seconds."""
    ordered = sorted(times)
    return max((after - before for before, after in pairwise(ordered)), default=0)


def increase(values: Sequence[float]) -> float:
    """Return by how much a counter has grown, which begins at zero where it falls."""
    steps = pairwise(values)
    return sum(after - (before if after >= before else 0) for before, after in steps)


def restarted(values: Sequence[float]) -> bool:
    """Return whether a counter has begun at zero again."""
    return any(after < before for before, after in pairwise(values))
