"""Imports go one way: from the commands to the stack, its services and the settings."""

from __future__ import annotations

import sys
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[2]
# From above to below; those in one set know nothing of each other.
PACKAGES = [
    {"tests"},
    {"commands"},
    {"review"},
    {"operate"},
    {"setup"},
    {"stack", "lab"},
    {"bootstrap"},
]
LAYERS = [
    {"stack.component"},
    {"stack.deploy_mark"},
    {"stack.docker"},
    {"stack.services"},
    {"stack.alerts", "stack.dashboards", "stack.scraping"},
    {"stack.service", "stack.configs"},
    {"stack.settings"},
]


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """Return all imports of the tree, those for type checks too."""
    return grimp.build_graph(*set().union(*PACKAGES), cache_dir=None)


def test_no_module_imports_itself_by_a_detour(graph: grimp.ImportGraph) -> None:
    imports = {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}
    # Raises CycleError, which names the modules.
    TopologicalSorter(imports).prepare()


def test_the_stacks_parts_import_only_what_is_below_them(graph: grimp.ImportGraph) -> None:
    assert graph.find_illegal_dependencies_for_layers(LAYERS) == set()
    assert graph.find_children("stack") == set().union(*LAYERS)


def test_no_service_knows_another(graph: grimp.ImportGraph) -> None:
    services = graph.find_children("stack.services")
    assert graph.find_illegal_dependencies_for_layers([services]) == set()


def test_each_package_imports_only_those_below_it(graph: grimp.ImportGraph) -> None:
    assert graph.find_illegal_dependencies_for_layers(PACKAGES) == set()


def test_the_stack_runs_without_what_surrounds_it(graph: grimp.ImportGraph) -> None:
    assert not graph.find_shortest_chains("stack", "bootstrap")


def drawing(graph: grimp.ImportGraph) -> str:
    """Return what each part imports, without what it reaches through another."""
    parts = (set().union(*PACKAGES) | set().union(*LAYERS)) - {"tests", "stack"}
    imported = {
        part: {
            other
            for other in parts - {part}
            if graph.direct_import_exists(importer=part, imported=other, as_packages=True)
        }
        for part in sorted(parts)
    }

    def reached(part: str) -> set[str]:
        return imported[part].union(*(reached(other) for other in imported[part]))

    arrows = [
        f"  {part} --> {other}"
        for part, others in imported.items()
        for other in sorted(others.difference(*(reached(each) for each in others)))
    ]
    return "\n".join(["```mermaid", "graph TD", *arrows, "```"])


def test_the_drawing_is_the_one_of_the_imports(graph: grimp.ImportGraph) -> None:
    assert drawing(graph) in (ROOT / "docs" / "contributing.md").read_text(encoding="utf-8")


def test_what_runs_before_packages_are_installed_needs_none() -> None:
    graph = grimp.build_graph("bootstrap", include_external_packages=True, cache_dir=None)
    needed = {name for name in graph.modules if not name.startswith("bootstrap")}
    assert needed <= sys.stdlib_module_names


def test_one_module_knows_the_lab(graph: grimp.ImportGraph) -> None:
    lab = {"lab", *graph.find_descendants("lab")}
    users = {user for module in lab for user in graph.find_modules_that_directly_import(module)}
    assert {name for name in users - lab if not name.startswith("tests")} == {"setup.local_builds"}


def test_one_module_of_the_settings_and_no_command_imports_pulumi() -> None:
    packages = set().union(*PACKAGES)
    graph = grimp.build_graph(*packages, include_external_packages=True, cache_dir=None)
    users = graph.find_modules_that_directly_import("pulumi")
    assert {name for name in users if name.startswith("stack.settings")} == {
        "stack.settings.pulumi_config"
    }
    assert graph.find_shortest_chain("commands.__main__", "pulumi") is None
