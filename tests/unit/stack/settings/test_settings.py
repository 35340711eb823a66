from __future__ import annotations

from typing import Any

import pytest
import yaml

from bootstrap.paths import ROOT
from stack.settings import contradictions, loading
from stack.settings.declaration import settings as declared
from stack.settings.model import Settings, is_on
from stack.settings.problems import SettingsError
from stack.settings.values import Duration
from tests.unit.conftest import Read, assert_refused

REACHED = {"slackUrl": "https://hooks.example.com/T0"}
BLACKBOX = {"blackbox": {"enabled": True}}
JOB = {"name": "backend", "targets": ["backend:3000"]}


def test_without_settings_everything_has_a_safe_default(read: Read) -> None:
    settings = read()
    assert settings.bind_address == "127.0.0.1"
    assert (settings.grafana.port, settings.prometheus.port) == (3000, 9090)
    assert settings.keep_volumes
    assert settings.logs.include_names == settings.logs.exclude_names == ()


@pytest.mark.parametrize("stack", sorted(path.name for path in ROOT.glob("Pulumi.*.yaml")))
def test_each_environment_in_the_repository_can_be_read(stack: str, read: Read) -> None:
    content = yaml.safe_load((ROOT / stack).read_text(encoding="utf-8"))["config"]
    # `make up` adds a password, which only the CLI can decrypt.
    content.pop("monitoring:grafanaAdminPassword", None)
    read({key.removeprefix("monitoring:"): value for key, value in content.items()})


@pytest.mark.parametrize(
    ("values", "key", "says"),
    [
        # Wrong types and unknown keys.
        ({"grafana": {"port": "web"}}, "grafana.port", "'web', but must be a port number"),
        ({"grafana": 3000}, "grafana", "3000, but must have the keys image, port, memory"),
        ({"jobs": JOB}, "jobs", "must be a list"),
        ({"jobs": [{**JOB, "targets": "backend:3000"}]}, "jobs[0].targets", "must be a list"),
        ({"labels": ["a"]}, "labels", "must be names with values"),
        ({"labels": {"__a": "b"}}, "labels.__a", "not starting with '__'"),
        ({"labels": {"le": "b"}}, "labels.le", "histograms and summaries"),
        ({"labels": {"environment": ""}}, "labels.environment", "is empty"),
        ({"keepVolumes": "perhaps"}, "keepVolumes", "must be true or false"),
        ({"keepVolumes": 1}, "keepVolumes", "must be true or false"),
        ({"keepVolumes": "1"}, "keepVolumes", "must be true or false"),
        ({"logs": {"redact": 0}}, "logs.redact", "must be true or false"),
        ({"grafanna": {}}, "grafanna", "did you mean 'grafana'?"),
        ({"grafana": {"prot": 1}}, "grafana.prot", "did you mean 'port'?"),
        ({"loki": {"port": 3100}}, "loki.port", "known are: image, memory, retention"),
        # Ports.
        ({"grafana": {"port": 0}}, "grafana.port", "from 1 to 65535"),
        ({"grafana": {"port": 65536}}, "grafana.port", "from 1 to 65535"),
        ({"grafana": {"port": True}}, "grafana.port", "from 1 to 65535"),
        ({"grafana": {"port": "\u0663000"}}, "grafana.port", "from 1 to 65535"),
        ({"grafana": {"port": 9090}}, "grafana.port", "same as monitoring:prometheus.port"),
        # Jobs.
        ({"jobs": [{"name": "backend"}]}, "jobs[0].targets", "is missing"),
        ({"jobs": [{**JOB, "targets": []}]}, "jobs[0].targets", "at least one"),
        ({"jobs": [{**JOB, "targets": ["backend"]}]}, "jobs[0].targets[0]", "port is missing"),
        ({"jobs": [{**JOB, "targets": ["backend:0"]}]}, "jobs[0].targets[0]", "host:port"),
        ({"jobs": [{**JOB, "targets": ["http://b:1"]}]}, "jobs[0].targets[0]", "scheme"),
        ({"jobs": [{**JOB, "path": "metrics"}]}, "jobs[0].path", "starts with '/'"),
        ({"jobs": [JOB, JOB]}, "jobs[1].name", "another job has"),
        ({"jobs": [{**JOB, "name": "loki"}]}, "jobs[0].name", "which another job has"),
        ({"jobs": [{**JOB, "labels": {"job": "x"}}]}, "jobs[0].labels.job", "stack itself sets"),
        ({"jobs": [{**JOB, "labels": {"quantile": "x"}}]}, "jobs[0].labels.quantile", "summaries"),
        ({"jobs": [{**JOB, "labels": {"team": ""}}]}, "jobs[0].labels.team", "is empty"),
        (
            {"jobs": [{**JOB, "targets": ["backend:3000", "a:1", "backend:3000"]}]},
            "jobs[0].targets[2]",
            "already; take it out with: pulumi config rm --path 'monitoring:jobs[0].targets[2]'",
        ),
        ({"jobs": [{**JOB, "interval": "1ms"}]}, "jobs[0].interval", "at least 1s"),
        ({"jobs": [{**JOB, "username": "prom"}]}, "jobs[0].username", "auth: basic"),
        ({"jobs": [{**JOB, "auth": "bearer"}]}, "jobs[0].auth", "scrapeSecrets.backend"),
        ({"jobs": [{**JOB, "name": "probes"}], **BLACKBOX}, "jobs[0].name", "another job has"),
        # Durations, sizes, images, names that the programs would refuse.
        ({"prometheus": {"scrapeInterval": "15"}}, "prometheus.scrapeInterval", "a duration"),
        ({"prometheus": {"scrapeInterval": "1s1m"}}, "prometheus.scrapeInterval", "a duration"),
        ({"prometheus": {"scrapeInterval": "0s"}}, "prometheus.scrapeInterval", "longer than"),
        ({"prometheus": {"scrapeInterval": "1ms"}}, "prometheus.scrapeInterval", "at least 1s"),
        ({"prometheus": {"retentionTime": "101y"}}, "prometheus.retentionTime", "than 100y"),
        ({"prometheus": {"retentionTime": "\u0661d"}}, "prometheus.retentionTime", "a duration"),
        ({"loki": {"retention": "999999999999y"}}, "loki.retention", "not be longer than 100y"),
        ({"prometheus": {"scrapeInterval": ""}}, "prometheus.scrapeInterval", "is empty"),
        ({"prometheus": {"retentionSize": "4 GB"}}, "prometheus.retentionSize", "a size"),
        (
            {"prometheus": {"retentionSize": "1000001TB"}},
            "prometheus.retentionSize",
            "not be larger than 1000000TB",
        ),
        ({"prometheus": {"memory": "5MB"}}, "prometheus.memory", "at least 64MB"),
        ({"loki": {"memory": "1KB"}}, "loki.memory", "at least 64MB"),
        ({"promtail": {"memory": "31MB"}}, "promtail.memory", "at least 32MB"),
        ({"grafana": {"memory": "127MB"}}, "grafana.memory", "at least 128MB"),
        ({"prometheus": {"memory": 512}}, "prometheus.memory", "a size in KB, MB"),
        ({"prometheus": {"image": "prom/prometheus"}}, "prometheus.image", "neither a tag"),
        ({"prometheus": {"image": "prom/prometheus:latest"}}, "prometheus.image", "latest"),
        ({"loki": {"retention": "23h"}}, "loki.retention", "at least 24h"),
        ({"logs": {"excludeNames": ["a("]}}, "logs.excludeNames[0]", "regular expression"),
        (
            {"logs": {"redactPatterns": ["pin", r"\d{13,19}"]}, "canary": {"enabled": True}},
            "logs.redactPatterns[1]",
            "matches the canary's lines, '1764228464123456789 ppp…'",
        ),
        ({"labels": {"container": "x"}}, "labels.container", "stack itself sets"),
        ({"bindAddress": "localhost"}, "bindAddress", "an IP address"),
        ({"dockerHost": "localhost:2375"}, "dockerHost", "tcp://host:port"),
        ({"dockerHost": "ssh://-oProxyCommand=id"}, "dockerHost", "ssh://user@host"),
        ({"dockerHost": "ssh://deploy@host:\u0662\u0662"}, "dockerHost", "ssh://user@host"),
        ({"blackbox": {"probes": ["http://a:\u0668"]}}, "blackbox.probes[0]", "http://"),
        # Networks.
        ({"appNetworks": ["host"]}, "appNetworks[0]", "host.docker.internal"),
        ({"appNetworks": ["shop", "none"]}, "appNetworks[1]", "no container can join"),
        ({"appNetworks": ["monitoring-dev"]}, "appNetworks[0]", "the stack's own"),
        ({"appNetworks": ["monitoring-dev-internal"]}, "appNetworks[0]", "the stack's own"),
        ({"appNetworks": ["shop", "shop"]}, "appNetworks[1]", "is there already"),
        ({"containerLogs": {"maxSize": "9999999g"}}, "containerLogs.maxSize", "10m"),
        ({"containerLogs": {"maxSize": "10MB"}}, "containerLogs.maxSize", "10m"),
        # Secrets.
        ({"grafanaAdminPassword": ""}, "grafanaAdminPassword", "is empty"),
        ({"grafanaAdminPassword": None}, "grafanaAdminPassword", "pulumi config set --secret"),
        ({"grafanaAdminPassword": "short"}, "grafanaAdminPassword", "at least 8 characters"),
        (
            {"scrapeSecrets": "x"},
            "scrapeSecrets",
            "is unusable, but must be names",
        ),
        ({"scrapeSecrets": {"backend": ""}}, "scrapeSecrets.backend", "is empty"),
        ({"scrapeSecrets": {"backend": " x"}}, "scrapeSecrets.backend", "is unusable"),
        (
            {"jobs": [JOB], "scrapeSecrets": {"backnd": "s3cret"}},
            "scrapeSecrets.backnd",
            "no job (did you mean 'backend'?); take it out with: pulumi config rm --path",
        ),
    ],
)
def test_a_wrong_setting_is_refused_with_its_key_and_a_remedy(
    values: dict[str, Any], key: str, says: str, read: Read
) -> None:
    assert_refused(read, values, key, says)


def test_the_error_shows_the_lines_to_write(read: Read) -> None:
    with pytest.raises(SettingsError) as refused:
        read({"jobs": [{"name": "backend", "targets": ["backend"]}]})
    assert (
        "  in Pulumi.dev.yaml, for example:\n"
        "    config:\n"
        "      monitoring:jobs:\n"
        "      - targets:\n"
        "        - backend:3000"
    ) in str(refused.value)


def test_a_list_that_is_empty_by_default_has_an_items_example_too(read: Read) -> None:
    with pytest.raises(SettingsError, match="- shop-"):
        read({"logs": {"includeNames": ["a b"]}})


def test_all_errors_are_told_at_once_with_a_blank_line_between(read: Read) -> None:
    with pytest.raises(SettingsError) as refused:
        read({"grafana": {"port": "x"}, "loki": {"retention": "1"}}, grafanaAdminPassword="")
    assert len(refused.value.problems) == 3
    keys = [part.split()[0] for part in str(refused.value).split("\n\n")[1:]]
    assert keys == [
        "monitoring:loki.retention",
        "monitoring:grafana.port",
        "monitoring:grafanaAdminPassword",
    ]


def test_the_lines_of_a_missing_job_are_in_the_order_of_its_settings(read: Read) -> None:
    with pytest.raises(SettingsError) as refused:
        read({"jobs": [3]})
    assert str(refused.value).endswith(
        "monitoring:jobs:\n      - name: backend\n        targets:\n        - backend:3000"
    )


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({"grafanaAdminPassword": "short"}, "monitoring:grafanaAdminPassword"),
        ({"scrapeSecrets": "x"}, "--path 'monitoring:scrapeSecrets.<name>'"),
        ({"scrapeSecrets": {"backend": " x"}}, "--path 'monitoring:scrapeSecrets.backend'"),
        ({"alertSecrets": "x"}, "--path 'monitoring:alertSecrets.<name>'"),
        ({"alertSecrets": {"slackUrl": "x"}}, "--path 'monitoring:alertSecrets.slackUrl'"),
    ],
)
def test_a_refused_secret_tells_the_command_that_sets_it(
    values: dict[str, Any], where: str, read: Read
) -> None:
    with pytest.raises(SettingsError) as refused:
        read(values)
    [problem] = refused.value.problems
    assert problem.text.endswith(f"; set it with: pulumi config set --secret {where}")


def test_an_unknown_setting_goes_away_with_the_command_that_is_shown(read: Read) -> None:
    with pytest.raises(SettingsError) as refused:
        read({"grafana": {"prot": 1}})
    remedy = "docs/settings.md lists all; take it out with: pulumi config rm --path"
    assert str(refused.value).endswith(f"{remedy} 'monitoring:grafana.prot'")


def test_a_text_is_shown_as_it_was_written(read: Read) -> None:
    assert_refused(read, {"bindAddress": "a\"'b"}, "bindAddress", "is 'a\"'b', but")


@pytest.mark.parametrize("stack", ["dev-internal", "dev-grafana"])
def test_a_stack_whose_network_would_be_another_stacks_is_refused(stack: str) -> None:
    values = {"grafanaAdminPassword": "correct horse"}
    with pytest.raises(SettingsError, match=f"monitoring-{stack} is a network of the stack 'dev'"):
        loading.parse(stack, values, is_secret=lambda _key: True)


SECRETS: dict[str, Any] = {
    "grafanaAdminPassword": "correct horse",
    "scrapeSecrets": {"backend": "s3cret"},
    "alertSecrets": {"webhookUrl": "https://hooks.example.com/s3cret"},
}


@pytest.mark.parametrize("key", [each.key for each in declared(Settings) if each.is_secret])
def test_a_secret_in_clear_text_is_refused_and_not_shown(key: str) -> None:
    values = {**SECRETS, "jobs": [{**JOB, "auth": "bearer"}]}
    with pytest.raises(SettingsError) as refused:
        loading.parse("dev", values, is_secret=lambda full: full != f"monitoring:{key}")
    [problem] = refused.value.problems
    assert problem.key == f"monitoring:{key}"
    several = f"--path 'monitoring:{key}.<name>'"
    what = several if isinstance(SECRETS[key], dict) else f"monitoring:{key}"
    assert problem.text == f"is in clear text; set it with: pulumi config set --secret {what}"
    assert not [word for word in ("s3cret", "correct") if word in str(refused.value)]


def test_a_secret_never_prints_itself(read: Read) -> None:
    settings = read()
    assert "correct horse" not in f"{settings} {settings!r}"
    assert repr(settings.grafana_admin_password) == "[secret]"


def test_a_refused_secret_is_not_shown(read: Read) -> None:
    with pytest.raises(SettingsError) as refused:
        read(grafanaAdminPassword="hunter2")
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "seconds"), [("15s", 15), ("1h30m", 5400), ("2w", 1_209_600), ("500ms", 0.5)]
)
def test_durations_are_read_as_prometheus_reads_them(text: str, seconds: float) -> None:
    assert Duration.parse(text).seconds == seconds


@pytest.mark.parametrize(
    ("values", "key", "says"),
    [
        ({"prometheus": {"scrapeInterval": "121s"}}, "prometheus.scrapeInterval", "'121s'"),
        ({"jobs": [{**JOB, "interval": "10m"}]}, "jobs[0].interval", "'10m'"),
        ({"jobs": [JOB, {**JOB, "name": "copy"}]}, "jobs[1].targets", "the job 'backend'"),
    ],
)
def test_what_is_hardly_meant_so_is_a_warning_in_one_line_that_names_the_key(
    values: dict[str, Any], key: str, says: str, read: Read
) -> None:
    [warning] = contradictions.warnings(read(values, alertSecrets=REACHED))
    assert f"monitoring:{key} " in warning
    assert says in warning
    assert "\n" not in warning


def test_what_is_meant_so_is_no_warning(read: Read) -> None:
    worker = {**JOB, "name": "worker", "path": "/internal/metrics"}
    values = {"prometheus": {"scrapeInterval": "2m"}, "jobs": [JOB, worker]}
    assert list(contradictions.warnings(read(values, alertSecrets=REACHED))) == []


def test_a_key_with_a_dot_in_a_name_is_written_as_the_cli_takes_it(read: Read) -> None:
    with pytest.raises(SettingsError, match=r"--path 'monitoring:scrapeSecrets\[\"a.b\"\]'"):
        read({"jobs": [{**JOB, "name": "a.b", "auth": "bearer"}]})


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a b", """'monitoring:labels["a b"]'"""),
        ('a"b', """'monitoring:labels["a\\"b"]'"""),
        ("it's", """'monitoring:labels["it'"'"'s"]'"""),
        ("", """'monitoring:labels[""]'"""),
        ("größe", "'monitoring:labels.größe'"),
    ],
)
def test_a_name_that_is_not_usable_goes_away_with_the_command_that_is_shown(
    name: str, shown: str, read: Read
) -> None:
    with pytest.raises(SettingsError) as refused:
        read({"labels": {name: "x"}})
    [problem] = refused.value.problems
    command = f"rename it, or take it out with: pulumi config rm --path {shown}"
    assert problem.text.endswith(command)


@pytest.mark.parametrize(
    "image",
    [
        "loki:3.7.8",
        "grafana/loki:3.7.8",
        "registry.example:5000/team/loki:3.7.8",
        "registry.example:5000/team/loki@sha256:" + "a" * 64,
        "ghcr.example/team/loki:3.7.8@sha256:" + "a" * 64,
    ],
)
def test_an_image_is_fixed_by_a_tag_or_a_digest(image: str, read: Read) -> None:
    assert read({"loki": {"image": image}}).loki.image == image


def test_a_registrys_port_is_no_tag(read: Read) -> None:
    with pytest.raises(SettingsError, match="neither a tag nor a digest"):
        read({"loki": {"image": "registry.example:5000/loki"}})


def test_the_remedy_is_the_settings_own_default(read: Read) -> None:
    with pytest.raises(SettingsError, match="image: grafana/promtail:"):
        read({"promtail": {"image": "promtail"}})


@pytest.mark.parametrize(
    ("service", "written", "is_there"),
    [
        ("loki", None, True),
        ("loki", {"image": "loki:3.7.8"}, True),
        ("blackbox", None, False),
        ("blackbox", "text", False),
        ("blackbox", {"enabled": False}, False),
        ("blackbox", {"enabled": "true"}, True),
    ],
)
def test_only_the_images_of_services_that_are_on_are_fetched(
    service: str, written: object, is_there: bool
) -> None:
    assert is_on(service, written) is is_there
