"""The documentation is current, leads nowhere in vain, and what its first page says works."""

from __future__ import annotations

import importlib.util
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.cli.main import COMMANDS, main

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [*DOCS.glob("*.md"), ROOT / "README.md", ROOT / "ARCHITECTURE.md", ROOT / "CHANGELOG.md"]
TUTORIAL = re.findall(r"^conformance .*$", (DOCS / "tutorial.md").read_text("utf-8"), re.MULTILINE)


def reference() -> Any:
    spec = importlib.util.spec_from_file_location("reference", DOCS / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_generated_pages_are_current(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`python docs/reference.py` writes them anew."""
    made = reference()
    monkeypatch.setattr(made, "HERE", tmp_path)
    made.main()
    written = {page.name: page.read_text("utf-8") for page in tmp_path.iterdir()}
    assert set(written) == {"commands.md", "contract-format.md"}
    assert {n for n, text in written.items() if text != (DOCS / n).read_text("utf-8")} == set()


def test_every_command_is_in_the_reference() -> None:
    found = re.findall(r"^## (\S+)$", (DOCS / "commands.md").read_text("utf-8"), re.MULTILINE)
    assert found == list(COMMANDS)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub and MkDocs make them."""
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    plain = (re.sub(r"[^\w\s-]", "", heading.lower()) for heading in headings)
    return {re.sub(r"\s+", "-", heading.strip()) for heading in plain}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_its_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"`[^`]*`", "", text)
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (
            anchor and target.suffix == ".md" and anchor not in anchors(target)
        ):
            broken.append(link)
    assert broken == []


def test_every_page_is_in_the_navigation_and_on_the_entry_page() -> None:
    text = (ROOT / "mkdocs.yml").read_text("utf-8")
    navigation = yaml.safe_load(text)["nav"]
    named = {
        page
        for entry in navigation
        for page in ([entry] if isinstance(entry, str) else next(iter(entry.values())))
    }
    pages = {page.name for page in DOCS.glob("*.md")}
    assert named == pages
    linked = set(re.findall(r"\]\(([a-z-]+\.md)\)", (DOCS / "index.md").read_text("utf-8")))
    assert pages - linked == {"index.md"}


def test_the_site_fetches_nothing_from_elsewhere() -> None:
    settings = yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))
    assert settings["theme"]["font"] is False
    assert settings["plugins"] == ["search"]


@pytest.mark.parametrize("line", TUTORIAL)
def test_each_step_of_the_tutorial_works(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(shlex.split(line)[1:]) == 0
    assert capsys.readouterr().out
