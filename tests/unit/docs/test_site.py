"""The site has each page in its navigation, publishes pages alone, and a page that it shows wrongly is a fault."""

from pathlib import Path

import pytest

from docs.build_site import CONFIG, DOCS, faults_of_navigation, stage
from docs.site_checks import faults_of_html
from tests.pages import PAGES, ROOT
from tests.prose import sentences_of

NAV = '[project]\nnav = [{ "Home" = "index.md" }, { "How-to" = [{ "A" = "a.md" }] }]\n'


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_each_page_is_in_the_navigation_once() -> None:
    assert faults_of_navigation(DOCS) == []


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        ({"b.md": ""}, "docs/b.md is not in nav of docs/zensical.toml: add it to a section"),
        ({"deep/b.md": ""}, "docs/deep/b.md is not in nav of docs/zensical.toml: add it to a section"),
        ({CONFIG: NAV.replace("a.md", "c.md")}, "nav of docs/zensical.toml names c.md, which does not exist"),
        ({CONFIG: NAV.replace("a.md", "index.md")}, "nav of docs/zensical.toml names index.md twice"),
    ],
)
def test_a_navigation_that_lacks_a_page_or_has_another_is_a_fault(
    tmp_path: Path, files: dict[str, str], fault: str
) -> None:
    write(tmp_path, {CONFIG: NAV, "index.md": "", "a.md": ""} | files)

    assert fault in faults_of_navigation(tmp_path)


def test_pages_are_published_and_the_tools_beside_them_are_not(tmp_path: Path) -> None:
    stage(DOCS, tmp_path)
    published = {path.relative_to(tmp_path / "pages").as_posix() for path in (tmp_path / "pages").rglob("*.*")}

    assert {page.removeprefix("docs/") for page in PAGES if page.startswith("docs/")} <= published
    assert {Path(name).suffix for name in published} == {".md", ".svg", ".css", ".js"}


def test_a_source_that_a_page_links_to_becomes_a_page(tmp_path: Path) -> None:
    docs = write(tmp_path / "docs", {CONFIG: NAV, "a.md": "[code](plugins/one.py)\n", "plugins/one.py": "x = 1\n"})

    stage(docs, tmp_path / "site")

    pages = tmp_path / "site" / "pages"
    assert (pages / "a.md").read_text() == "[code](plugins/one.md)\n"
    assert (pages / "plugins" / "one.md").read_text() == "# one.py\n\n````python\nx = 1\n````\n"


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        ('<a href="b.html">b</a>', "a.html links to b.html: there is no such file in the site"),
        ('<a href="#there">b</a>', "a.html links to #there: the page has no such anchor"),
        ('<a href="./index.html#there">b</a>', "a.html links to ./index.html#there: the page has no such anchor"),
        ('<a href="/b.html">b</a>', "a.html links to /b.html: there is no such file in the site"),
        ('<img src="b.svg">', "a.html links to b.svg: there is no such file in the site"),
        (
            '<script src="https://example.com/x.js"></script>',
            "a.html loads https://example.com/x.js: a page loads nothing from another host",
        ),
    ],
)
def test_a_link_that_leads_nowhere_is_a_fault(tmp_path: Path, html: str, fault: str) -> None:
    write(tmp_path / "html", {"index.html": '<h2 id="here"></h2>', "a.html": html})

    assert faults_of_html(tmp_path / "pages", tmp_path / "html") == [fault]


@pytest.mark.parametrize("link", ["index.html", "index.html#here", "./#here", "/", "https://example.com/no", "#"])
def test_a_link_that_leads_somewhere_is_none(tmp_path: Path, link: str) -> None:
    write(tmp_path / "html", {"index.html": '<h2 id="here"></h2>', "a.html": f'<a href="{link}">b</a>'})

    assert faults_of_html(tmp_path / "pages", tmp_path / "html") == []


def test_a_page_that_is_not_shown_as_on_github_is_a_fault(tmp_path: Path) -> None:
    write(tmp_path / "pages", {"a.md": "- one\n  - two\n"})
    write(tmp_path / "html", {"a.html": "<article><ul><li>one</li><li>two</li></ul></article>"})

    (fault,) = faults_of_html(tmp_path / "pages", tmp_path / "html")

    assert fault.startswith("a.md: the site shows 1 of 2 bullet_list_open:")


@pytest.mark.parametrize("page", [page for page in PAGES if page.startswith("docs/")])
def test_the_first_sentence_of_a_page_names_its_reader(page: str) -> None:
    first = sentences_of(page)[0].text

    assert first.startswith("For "), f"{first!r}: begin with the reader, as in 'For authors of plugins: ...'"


def test_ci_builds_the_site_and_looks_at_it() -> None:
    assert ' "make test-site" make test-site\n' in (ROOT / ".ci" / "run").read_text()
