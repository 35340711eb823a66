"""The checks and tests of the project, the cheap ones first."""

from __future__ import annotations

import json
import os

from bootstrap import debian, virtualenv
from bootstrap.paths import PYTHON, ROOT, TOOLS
from bootstrap.programs import show
from bootstrap.progress import CommandError, step
from operate import example
from setup import docker_compose, docker_engine, images, local_builds, pulumi_cli, ssh_server
from setup.command import DEV, Command, Option
from stack.settings.model import DEFAULT_IMAGES

_FILES_AT_ONCE = 2
_KILLED = 0.9  # the share of the mutants that the unit tests must notice


def check() -> None:
    """Run the linters, of the workflows and the shell scripts too, and the type checker."""
    virtualenv.ready(virtualenv.TESTS)
    bin_folder = PYTHON.parent
    show(bin_folder / "ruff", "check")
    show(bin_folder / "ruff", "format", "--check")
    show(bin_folder / "mypy")
    scripts = (ROOT / ".ci/run", *ROOT.glob("configs/*/*.sh"), *ROOT.glob("lab/*/*.sh"))
    show(bin_folder / "shellcheck", *scripts)
    for script in sorted(ROOT.glob("configs/*/*.pl")):
        show("perl", "-c", script)
    workflows = sorted((ROOT / ".github/workflows").glob("*.yml"))
    show(
        local_builds.actionlint(),
        "-shellcheck",
        bin_folder / "shellcheck",
        "-pyflakes=",
        *workflows,
    )
    # Offline: whether a pinned commit is the tag's is seen by whoever pins it.
    show(bin_folder / "zizmor", "-qq", "--offline", "--persona=pedantic", *workflows)


def test_unit() -> None:
    """Run the unit tests: seconds, without Docker; and check how much they cover."""
    virtualenv.ready(virtualenv.TESTS)
    _pytest("tests/unit", "--cov")


def test_configs() -> None:
    """Have every program check its configuration, and Prometheus the rules."""
    _prepare()
    _pytest("tests/engine/test_configs.py", "tests/engine/test_rules.py")


def test() -> None:
    """Run every check and test: the cheap ones first."""
    check()
    test_unit()
    test_engine()


def test_engine() -> None:
    """Run the engine tests: real programs on a real Docker engine.

    Several files at once: they wait for containers most of the time, each for its own.
    """
    _prepare()
    _prepare_hosts()
    # Within a test nothing would be said for minutes.
    with step("Object store for a test") as this:
        local_builds.versitygw()
        this.outcome = f"{local_builds.ORIGIN} from Go modules"
    images.ready(local_builds.OLDER_IMAGES, local_builds.policy(DEV))
    _pytest("--numprocesses", str(_FILES_AT_ONCE), "--dist", "loadfile", "tests/engine")


def _pytest(*arguments: str) -> None:
    show(PYTHON, "-m", "pytest", *arguments, env=pulumi_cli.environment())


def _prepare_hosts() -> None:
    """Ensure what tests make Docker hosts of, in namespaces of this machine: sshd, an engine.

    Where that cannot be done, the tests say so themselves.
    """
    ssh_server.ready()
    if not debian.may_install():
        return
    with step("Docker engine for a test") as this:
        ours = TOOLS / "engine"
        ours.unlink(missing_ok=True)
        folder, version = local_builds.engine()
        ours.symlink_to(folder)
        this.outcome = f"{version}, {local_builds.ORIGIN} from Go modules"


def mutation() -> None:
    """Change the code in many small ways, and list what no unit test notices.

    `mutmut show <name>` prints such a change. Raises `CommandError` where there are too many.
    """
    virtualenv.ready(virtualenv.TESTS)
    mutmut, environment = PYTHON.parent / "mutmut", pulumi_cli.environment()
    show(mutmut, "run", "--max-children", str(os.cpu_count()), env=environment)
    show(mutmut, "results")
    show(mutmut, "export-cicd-stats")
    stats = json.loads((ROOT / "mutants/mutmut-cicd-stats.json").read_text())
    missed = stats["survived"] + stats["no_tests"]
    print(f"{missed} of {stats['total']} changes are not noticed")
    if missed > (1 - _KILLED) * stats["total"]:
        raise CommandError(f"the unit tests must notice {_KILLED:.0%} of the changes")


def bench() -> None:
    """Compare how long `up` and its like take with docker compose and with Pulumi alone."""
    _prepare()
    benchmark = ("-m", "tests.benchmarks.deployment", "--compose", *docker_compose.command())
    show(PYTHON, *benchmark, env=pulumi_cli.environment())


def reliability(cases: str, rate: str) -> None:
    """Break a running stack in many ways while lines are printed, and look for all of them.

    All cases take a quarter of an hour, and write the table of docs/reliability.md; some, named in
    `--cases`, print theirs. It fails where a line is missing that the engine kept.
    """
    _prepare()
    _prepare_hosts()
    words = ("-m", "tests.reliability", *cases.split(), "--rate", rate)
    show(PYTHON, *words, env=pulumi_cli.environment())


def _prepare() -> None:
    """Ensure all that the stack needs; the tests find its images in a file."""
    virtualenv.ready(virtualenv.TESTS)
    pulumi_cli.ready(DEV)
    docker_engine.ready()
    policy = local_builds.policy(DEV)
    usable = images.ready(DEFAULT_IMAGES, policy)
    docker_compose.ready(policy)
    example.build(usable)
    TOOLS.mkdir(exist_ok=True)
    (TOOLS / "images.json").write_text(json.dumps(usable))


COMMANDS = (
    Command("check", check),
    Command("test", test),
    Command("test-unit", test_unit),
    Command("test-engine", test_engine),
    Command("test-configs", test_configs),
    Command("mutation", mutation),
    Command("bench", bench),
    Command(
        "reliability",
        reliability,
        (
            Option("cases", "which, in one word; those of tests/reliability/cases.py", ""),
            Option("rate", "lines/s of five containers together (default: 5000)", "5000"),
        ),
    ),
)
