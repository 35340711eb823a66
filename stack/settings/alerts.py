"""The settings of the alerts: when they fire, and whom they reach."""

from __future__ import annotations

from dataclasses import dataclass

from stack.settings import formats
from stack.settings.declaration import setting
from stack.settings.values import Duration, Secret


@dataclass(frozen=True)
class Thresholds:
    """What the rules compare with; each is the series `alert_threshold:<its name in the rules>`."""

    error_ratio: float = setting(
        formats.RATIO, "Share of requests answered with 5xx, over 5 minutes.", 0.05
    )
    error_budget: float = setting(
        formats.RATIO,
        "Share of requests that may fail in the long run; 0.005 is an objective of 99.5 %.",
        0.005,
    )
    minimum_errors: int = setting(
        formats.COUNT,
        "Requests answered with 5xx within 5 minutes; fewer are no alert, whatever their share.",
        5,
    )
    minimum_traffic: float = setting(
        formats.NUMBER,
        "Requests per second below which no ratio and no duration is judged.",
        0.1,
    )
    latency: Duration = setting(
        formats.DURATION, "What 95 % of the requests must be faster than.", "1s"
    )
    open_requests: int = setting(
        formats.COUNT,
        "Requests of one instance that are open for 5 minutes while hardly any ends.",
        5,
    )
    event_loop_lag: Duration = setting(
        formats.DURATION, "The event loop's lag (p99). An idle one has about 13ms.", "200ms"
    )
    heap_ratio: float = setting(formats.RATIO, "Share of the JavaScript heap's limit.", 0.9)
    gc_ratio: float = setting(formats.RATIO, "Share of the time spent collecting garbage.", 0.1)
    restarts: int = setting(
        formats.COUNT, "Starts of a program within 30 minutes that are still in order.", 4
    )
    log_errors: int = setting(
        formats.COUNT, "Lines of level error or fatal of a container within 5 minutes.", 20
    )
    memory_ratio: float = setting(
        formats.RATIO,
        "Share of Go's memory limit that a program of the stack uses after collecting garbage.",
        0.8,
    )
    disk_ratio: float = setting(formats.RATIO, "Share of `prometheus.retentionSize`.", 0.9)
    log_disk_ratio: float = setting(
        formats.RATIO,
        "Share of the file system that Loki writes to. At 0.9 Loki refuses every line.",
        0.8,
    )
    clock_skew: Duration = setting(
        formats.DURATION, "How far in the future a program may have started.", "1m"
    )
    settling: Duration = setting(
        formats.DURATION,
        "Time after Promtail's start in which numbers of lines are not judged: its first start"
        " reads all old lines at once.",
        "10m",
    )


@dataclass(frozen=True)
class Mail:
    """Whom alerts reach by mail, and through which server."""

    to: tuple[str, ...] = setting(formats.MAIL, "Mail addresses that get the alerts.", ())
    sender: str | None = setting(formats.MAIL, "The mails' sender.", None)
    host: str | None = setting(formats.TARGET, "The mail server, as `host:port`.", None)
    user: str | None = setting(
        formats.TEXT, "Its user; the password is the secret `alertSecrets.smtpPassword`.", None
    )


@dataclass(frozen=True)
class Alerts:
    """When alerts fire, and whom they reach."""

    thresholds: Thresholds = setting(None, "What the rules compare with.", Thresholds)
    containers: tuple[str, ...] = setting(
        formats.NAME, "Containers that print all the time: silence for 15 minutes is an alert.", ()
    )
    evaluation_interval: Duration = setting(
        formats.TENS_OF_SECONDS,
        "Time between two looks at the rules, by Grafana and by Prometheus.",
        "30s",
    )
    pending_factor: float = setting(
        formats.FACTOR,
        "Multiplies each rule's waiting time before it fires (`for`); 0 lets all fire at once.",
        1,
    )
    group_wait: Duration = setting(
        formats.DURATION, "How long a first notification waits for others to join it.", "30s"
    )
    group_interval: Duration = setting(
        formats.DURATION, "Time between two notifications of a group, the resolved one too.", "5m"
    )
    repeat_interval: Duration = setting(
        formats.DURATION, "After this time an alert that still fires is sent again.", "4h"
    )
    ping_interval: Duration = setting(
        formats.DURATION, "Time between two pings of the dead man's switch.", "1m"
    )
    runbooks: str = setting(
        formats.URL_OR_NONE,
        "Address of the folder `docs/runbooks`, as people reach it; empty for the path in the"
        " repository.",
        "",
    )
    mail: Mail = setting(None, "Delivery by mail.", Mail)


@dataclass(frozen=True)
class AlertSecrets:
    """Where alerts are sent: who knows such an address can write there."""

    webhook_url: Secret | None = setting(
        formats.URL, "Where alerts are sent ([alerts.md](alerts.md)).", None, secret=True
    )
    slack_url: Secret | None = setting(
        formats.URL, "A Slack webhook that alerts are sent to.", None, secret=True
    )
    dead_mans_switch_url: Secret | None = setting(
        formats.URL, "Pinged for as long as alerts could be sent.", None, secret=True
    )
    smtp_password: Secret | None = setting(
        formats.ASCII_SECRET, "The password of `alerts.mail.user`.", None, secret=True
    )
