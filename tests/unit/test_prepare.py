"""The set-up's decisions, with stand-ins for the programs it asks."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import platform
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from prepare import (
    debian,
    download,
    engine,
    golang,
    images,
    passwords,
    places,
    pulumi_cli,
    tasks,
    virtualenv,
)
from prepare.engine import Action, Facts
from prepare.progress import SetupError
from prepare.versions import parse_version


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole PATH: the programs in it are the only ones there are."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def fake(folder: Path, name: str, script: str) -> Path:
    """Put a program that runs a shell script into a folder."""
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return program


# Versions


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("v3.259.0\n", (3, 259, 0)), ("warning: old\nv3.9.12-dev.1", (3, 9, 12)), ("", ())],
)
def test_a_version_is_read_from_what_the_cli_prints(text: str, numbers: tuple[int, ...]) -> None:
    assert parse_version(text) == numbers


def test_versions_compare_as_numbers_and_not_as_text() -> None:
    assert parse_version("v3.1000.0") > parse_version("v3.259.0")


def test_a_sufficient_pulumi_of_the_users_is_taken(
    on_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = fake(on_path, "pulumi", "echo v3.300.1")
    monkeypatch.setattr(pulumi_cli, "BIN", tmp_path / "tools")
    assert str(program) in pulumi_cli.choose()


def test_a_pulumi_that_is_too_old_is_not_taken(
    on_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake(on_path, "pulumi", "echo v3.100.0")
    monkeypatch.setattr(pulumi_cli, "BIN", tmp_path / "tools")
    monkeypatch.setattr(download, "official", lambda into: into.mkdir())
    assert "official release" in pulumi_cli.choose()


def test_without_a_download_pulumi_is_built(
    on_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(_into: Path) -> None:
        raise download.UnreachableError("no route")

    fake(on_path, "go", "echo go version go1.26.8 linux/amd64")
    built = tmp_path / "built"
    built.mkdir()
    fake(built, "pulumi", "echo v3.259.0")
    monkeypatch.setattr(pulumi_cli, "BIN", tmp_path / "tools")
    monkeypatch.setattr(download, "official", unreachable)
    monkeypatch.setattr("lab.tools", lambda: built)
    assert "built by lab" in pulumi_cli.choose()
    assert (tmp_path / "tools" / "pulumi").readlink() == built / "pulumi"


def test_the_provider_has_the_version_of_its_pinned_sdk() -> None:
    assert pulumi_cli.provider_version("pulumi==3.272.0\npulumi-docker==5.2.0\n") == "5.2.0"


# Download


def packed(folder: Path, *names: str) -> Path:
    """An archive with files of these names, each holding its own name."""
    archive = folder / "release.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        for name in names:
            entry = tarfile.TarInfo(name)
            entry.size = len(name)
            tar.addfile(entry, io.BytesIO(name.encode()))
    return archive


def test_a_download_with_another_checksum_is_refused(tmp_path: Path) -> None:
    archive = packed(tmp_path, "pulumi/pulumi")
    with pytest.raises(SetupError, match="was not unpacked"):
        download.verify(archive, "pulumi.tar.gz", f"{'0' * 64}  pulumi.tar.gz\n")


def test_a_download_that_the_release_does_not_list_is_refused(tmp_path: Path) -> None:
    archive = packed(tmp_path, "pulumi/pulumi")
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    with pytest.raises(SetupError, match="no such file"):
        download.verify(archive, "pulumi.tar.gz", f"{digest}  another.tar.gz\n")


def test_a_download_with_the_listed_checksum_is_accepted(tmp_path: Path) -> None:
    archive = packed(tmp_path, "pulumi/pulumi")
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    download.verify(archive, "pulumi.tar.gz", f"{'0' * 64}  other\n{digest}  pulumi.tar.gz\n")


def test_a_verified_download_becomes_programs_that_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = packed(tmp_path, *(f"pulumi/{name}" for name in download.NEEDED))
    name = download.archive_name(platform.system(), platform.machine())
    archive.rename(tmp_path / name)
    digest = hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
    (tmp_path / "checksums.txt").write_text(f"{digest}  {name}\n")
    monkeypatch.setattr(download, "ARCHIVES", f"file://{tmp_path}/")
    monkeypatch.setattr(download, "CHECKSUMS", f"file://{tmp_path}/checksums.txt")
    download.official(tmp_path / "bin")
    assert os.access(tmp_path / "bin" / "pulumi", os.X_OK)


def test_download_sites_out_of_reach_are_told_from_a_bad_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "CHECKSUMS", f"file://{tmp_path}/none")
    with pytest.raises(download.UnreachableError):
        download.official(tmp_path / "bin")


def test_only_the_needed_programs_are_unpacked_and_only_into_the_folder(tmp_path: Path) -> None:
    needed = [f"pulumi/{name}" for name in download.NEEDED]
    archive = packed(tmp_path, *needed, "pulumi/pulumi-watch", "../../escaped")
    download.unpack(archive, tmp_path / "a" / "bin")
    unpacked = sorted((tmp_path / "a" / "bin").iterdir())
    assert [file.name for file in unpacked] == sorted(download.NEEDED)
    assert all(os.access(file, os.X_OK) for file in unpacked)


def test_a_system_without_a_release_is_told_to_install_pulumi() -> None:
    with pytest.raises(SetupError, match="install Pulumi"):
        download.archive_name("Plan9", "x86_64")


def test_the_archive_is_named_as_the_release_names_it() -> None:
    assert (
        download.archive_name("Linux", "aarch64")
        == f"pulumi-v{download.VERSION}-linux-arm64.tar.gz"
    )


# Go


def test_the_checksum_of_a_module_is_the_one_that_go_gives(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "m.zip", "w") as archive:
        archive.writestr("m@v1/go.mod", "module m\n")
    listed = f"{hashlib.sha256(b'module m' + bytes([10])).hexdigest()}  m@v1/go.mod\n"
    expected = base64.b64encode(hashlib.sha256(listed.encode()).digest()).decode()
    with zipfile.ZipFile(tmp_path / "m.zip") as archive:
        assert golang.module_sum(archive) == f"h1:{expected}"


def test_a_go_toolchain_with_another_checksum_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "go.zip", "w") as archive:
        archive.writestr("golang.org/toolchain@v0/bin/go", "another")
    with pytest.raises(SetupError, match="was not unpacked"):
        golang.unpack(tmp_path / "go.zip", golang.SUMS["amd64"], tmp_path / "go")


def test_the_users_own_module_proxy_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOPROXY", "off,https://go.example.org/,direct")
    assert golang.module_proxy() == "https://go.example.org"


# Secrets


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's configuration folder with nothing in it, and no secret in the environment."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for name in ("PASSPHRASE", "PASSPHRASE_FILE"):
        monkeypatch.delenv(f"PULUMI_CONFIG_{name}", raising=False)
    monkeypatch.delenv("GRAFANA_ADMIN_PASSWORD", raising=False)
    return places.secrets_folder()


def test_a_generated_secret_is_readable_by_the_user_alone(own_folder: Path) -> None:
    passwords.grafana("dev")
    file = own_folder / "dev" / "grafana-admin-password"
    modes = [oct(path.stat().st_mode & 0o777) for path in (file, file.parent, own_folder)]
    assert modes == ["0o600", "0o700", "0o700"]


@pytest.mark.usefixtures("own_folder")
def test_a_secret_is_generated_once_for_each_stack() -> None:
    assert passwords.grafana("dev") == passwords.grafana("dev")
    assert passwords.grafana("dev") != passwords.grafana("staging")


def test_a_secret_file_that_others_could_read_is_closed(own_folder: Path) -> None:
    passwords.grafana("dev")
    file = own_folder / "dev" / "grafana-admin-password"
    file.chmod(0o644)
    passwords.grafana("dev")
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_passphrase_in_the_environment_is_used_and_none_is_generated(
    own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "")
    found = passwords.passphrase_environment(encrypted=True)
    assert found == {"PULUMI_CONFIG_PASSPHRASE": ""}
    assert not own_folder.exists()


def test_no_new_passphrase_is_generated_for_secrets_encrypted_with_another(
    own_folder: Path,
) -> None:
    with pytest.raises(SetupError, match="PULUMI_CONFIG_PASSPHRASE"):
        passwords.passphrase_environment(encrypted=True)
    assert not own_folder.exists()


@pytest.mark.usefixtures("own_folder")
def test_a_short_grafana_password_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAFANA_ADMIN_PASSWORD", "short")
    with pytest.raises(SetupError, match="at least 8"):
        passwords.grafana("dev")


# Docker engine


def test_an_engine_that_answers_is_used() -> None:
    assert engine.decide(Facts(client=True, answers=True)) is Action.USE


@pytest.mark.parametrize(
    ("client", "daemon", "action"),
    [
        (False, False, Action.INSTALL),
        (True, False, Action.INSTALL),  # a client alone, without its engine
        (True, True, Action.START),
    ],
)
def test_root_on_debian_gets_an_engine(client: bool, daemon: bool, action: Action) -> None:  # noqa: FBT001
    facts = Facts(client=client, answers=False, daemon=daemon, root_on_debian=True)
    assert engine.decide(facts) is action


@pytest.mark.parametrize(
    ("facts", "way_out"),
    [
        (Facts(client=False, answers=False), "install"),
        (Facts(client=True, answers=False, complaint="Permission denied"), "usermod"),
        (Facts(client=True, answers=False, complaint="no such file"), "systemctl start docker"),
        (
            Facts(client=True, answers=False, host="ssh://ops@host", root_on_debian=True),
            "DOCKER_HOST",
        ),
    ],
)
def test_without_an_engine_the_way_out_is_named(facts: Facts, way_out: str) -> None:
    with pytest.raises(SetupError, match=way_out):
        engine.decide(facts)


def test_the_engine_of_the_clients_context_is_found(
    on_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    answers = '[ "$1" = context ] && echo unix:///rootless.sock; [ "$3" = version ] && echo 28.0.1'
    fake(on_path, "docker", answers)
    facts, version = engine.look(None)
    assert (facts.host, version, facts.answers) == ("unix:///rootless.sock", "28.0.1", True)


def test_a_client_without_an_engine_is_seen_with_its_complaint(on_path: Path) -> None:
    fake(on_path, "docker", "echo 'Cannot connect to the Docker daemon' >&2; exit 1")
    facts, _ = engine.look(None)
    assert (facts.client, facts.answers) == (True, False)
    assert facts.complaint == "Cannot connect to the Docker daemon"


@pytest.mark.parametrize(
    ("process", "kept"), [("dockerd", True), ("containerd", True), ("cron", False), (None, False)]
)
def test_only_a_dead_daemons_pid_file_is_removed(
    tmp_path: Path,
    process: str | None,
    kept: bool,  # noqa: FBT001
) -> None:
    pid_file = tmp_path / "docker.pid"
    pid_file.write_text("4711\n")
    if process:
        (tmp_path / "proc" / "4711").mkdir(parents=True)
        (tmp_path / "proc" / "4711" / "comm").write_text(f"{process}\n")
    engine.remove_if_stale(pid_file, tmp_path / "proc")
    assert pid_file.exists() is kept


def test_a_daemon_that_ends_at_once_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    daemon = fake(tmp_path, "dockerd", "echo 'iptables not found' >&2; exit 1")
    with pytest.raises(SetupError, match="iptables not found"):
        engine.start_daemon(
            [str(daemon)], f"unix://{tmp_path}/none", tmp_path / "log", tmp_path / "pid"
        )


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ("ID=debian\n", True),
        ('ID=linuxmint\nID_LIKE="ubuntu debian"\n', True),
        ("ID=fedora", False),
    ],
)
def test_debian_and_its_descendants_are_known(
    tmp_path: Path,
    release: str,
    expected: bool,  # noqa: FBT001
) -> None:
    (tmp_path / "os-release").write_text(release)
    assert debian.here(tmp_path / "os-release") is expected


# Images

WANTED = {"loki": "grafana/loki:3.7.7", "grafana": "grafana/grafana:13.2.1"}


def test_present_images_are_not_pulled(on_path: Path) -> None:
    fake(on_path, "docker", '[ "$1 $2" = "image inspect" ]')
    assert images.ready(WANTED) == WANTED


def test_where_no_registry_answers_the_missing_images_are_built(
    on_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = (
        '[ "$1 $2 $5" = "image inspect grafana/loki:3.7.7" ] && exit; echo no such host; exit 1'
    )
    fake(on_path, "docker", script)
    monkeypatch.setattr("lab.images", lambda names: {name: f"lab/{name}:1" for name in names})
    assert images.ready(WANTED) == WANTED | {"grafana": "lab/grafana:1"}


def test_an_image_that_the_registry_refuses_is_an_error_and_not_built(on_path: Path) -> None:
    fake(on_path, "docker", 'echo "manifest for $2 not found: manifest unknown"; exit 1')
    with pytest.raises(SetupError, match="correct the image"):
        images.ready(WANTED)


def test_a_silent_registry_is_given_up_within_seconds(
    on_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake(on_path, "docker", "exec /bin/sleep 60")
    monkeypatch.setattr(images, "ANSWER_SECONDS", 0.2)
    with pytest.raises(images.NoRegistryError, match="no word"):
        images.pull("grafana/loki:3.7.7")


# The rest


def test_python_packages_are_installed_anew_when_requirements_change(tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text("pulumi==1\n")
    before = virtualenv.fingerprint([file])
    file.write_text("pulumi==2\n")
    assert virtualenv.fingerprint([file]) != before


def test_the_last_lines_name_the_urls_and_the_way_to_the_password() -> None:
    urls = {"grafana_url": "http://127.0.0.1:3000", "prometheus_url": "http://127.0.0.1:9090"}
    text = tasks.closing("dev", urls)
    assert all(url in text for url in urls.values())
    assert "pulumi config get monitoring:grafanaAdminPassword --stack dev" in text


def test_a_problem_is_one_sentence_without_a_traceback() -> None:
    env = {"PATH": os.environ["PATH"], "PULUMI_CONFIG_PASSPHRASE_FILE": "/nowhere"}
    code = (
        "import sys; from prepare import __main__ as m, tasks, passwords;"
        "tasks.env = lambda stack: passwords.passphrase_environment(encrypted=False);"
        "sys.argv = ['prepare', 'env']; sys.exit(m.main())"
    )
    command = [sys.executable, "-c", code]
    run = subprocess.run(
        command, env=env, cwd=places.ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 1
    assert run.stderr.startswith("error: PULUMI_CONFIG_PASSPHRASE_FILE names /nowhere")
    assert len(run.stderr.splitlines()) == 1
