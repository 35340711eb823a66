"""Imports go one way: commands use the stack, the stack its services, all of them the settings."""

from __future__ import annotations

from graphlib import TopologicalSorter

import grimp
import pytest

PACKAGES = ("stack", "prepare", "review", "lab", "tests")
# From above to below; those in one set know nothing of each other.
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
    return grimp.build_graph(*PACKAGES, cache_dir=None)


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


@pytest.mark.parametrize("package", ["review", "prepare", "lab", "tests"])
def test_the_stack_knows_nothing_of_the_commands(package: str, graph: grimp.ImportGraph) -> None:
    assert not graph.find_shortest_chains("stack", package)


def test_only_the_loading_of_the_settings_needs_pulumi() -> None:
    graph = grimp.build_graph("stack", include_external_packages=True, cache_dir=None)
    users = graph.find_modules_that_directly_import("pulumi")
    assert {name for name in users if name.startswith("stack.settings")} == {
        "stack.settings.loading"
    }
