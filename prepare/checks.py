"""The checks and tests of the project, the cheap ones first."""

from __future__ import annotations

import json

from lab.recipes import DOCKERD
from prepare import (
    compose,
    debian,
    engine,
    example,
    golang,
    images,
    lab_use,
    pulumi_cli,
    virtualenv,
)
from prepare.commands import show
from prepare.places import PYTHON, ROOT, TOOLS
from prepare.progress import step

_FILES_AT_ONCE = 2


def check() -> None:
    """Run the linters, of the workflows and the shell scripts too, and the type checker."""
    virtualenv.ready(virtualenv.TESTS)
    bin_folder = PYTHON.parent
    show(bin_folder / "ruff", "check")
    show(bin_folder / "ruff", "format", "--check")
    show(bin_folder / "mypy")
    scripts = (*ROOT.glob("configs/*/*.sh"), *ROOT.glob("lab/*/*.sh"))
    show(bin_folder / "shellcheck", *scripts)
    workflows = sorted((ROOT / ".github/workflows").glob("*.yml"))
    show(golang.actionlint(), "-shellcheck", bin_folder / "shellcheck", "-pyflakes=", *workflows)
    # Offline: whether a pinned commit is the tag's is seen by whoever pins it.
    show(bin_folder / "zizmor", "-qq", "--offline", "--persona=pedantic", *workflows)


def test_unit(*arguments: str) -> None:
    """Run the unit tests."""
    virtualenv.ready(virtualenv.TESTS)
    show(PYTHON, "-m", "pytest", *(arguments or ("tests/unit",)), env=pulumi_cli.environment())


def test_configs() -> None:
    """Let every program check its configuration, and Prometheus the rules."""
    _have_images()
    test_unit("tests/engine/test_configs.py", "tests/engine/test_rules.py")


def test_engine(*arguments: str) -> None:
    """Run the engine tests, which need all that the stack needs.

    Several files at once: they wait for containers most of the time, each for its own.
    """
    _have_images()
    debian.have_ssh_server()
    _have_current_engine()
    at_once = ("--numprocesses", str(_FILES_AT_ONCE), "--dist", "loadfile")
    test_unit(*at_once, *(arguments or ("tests/engine",)))


def _have_current_engine() -> None:
    """Have the engine that one of the tests runs in namespaces of this machine.

    Where that cannot be done, the test tells so itself.
    """
    if not debian.may_install():
        return
    with step("Docker engine for a test") as this:
        ours = TOOLS / "engine"
        ours.unlink(missing_ok=True)
        ours.symlink_to(golang.engine())
        this.outcome = f"{DOCKERD.version}, built by lab/ from Go modules"


def bench() -> None:
    """Compare how long `up` and its like take with docker compose and with Pulumi alone."""
    _have_images()
    benchmark = ("-m", "tests.benchmarks.deployment", "--compose", *compose.command())
    show(PYTHON, *benchmark, env=pulumi_cli.environment())


def _have_images() -> None:
    """Have all that the stack needs; the tests find its images in a file."""
    virtualenv.ready(virtualenv.TESTS)
    pulumi_cli.ready(lab_use.ENVIRONMENT)
    engine.ready()
    lab = lab_use.chosen(lab_use.ENVIRONMENT)
    usable = images.ready(images.defaults(), lab)
    compose.ready(lab)
    example.build(usable)
    TOOLS.mkdir(exist_ok=True)
    (TOOLS / "images.json").write_text(json.dumps(usable))


def test() -> None:
    """Run every check and test: the cheap ones first."""
    check()
    test_engine("tests/unit", "tests/engine")
