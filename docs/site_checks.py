"""Checks of the built site: links and anchors lead somewhere, and the pages show what their Markdown says.

Zensical checks links as well, but of Markdown and not of everything: these checks read the HTML.
"""

from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt

#: HTML elements of an article that Markdown makes, and the token of each.
ELEMENTS = {
    **{f"h{level}": "heading_open" for level in range(1, 7)},
    "table": "table_open",
    "tr": "tr_open",
    "ul": "bullet_list_open",
    "ol": "ordered_list_open",
    "li": "list_item_open",
    "pre": "fence",
    "blockquote": "blockquote_open",
    "img": "image",
    "strong": "strong_open",
    "em": "em_open",
}


@dataclass
class Page:
    """What the checks read of an HTML page."""

    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    #: What the browser loads by itself: pictures, styles, scripts.
    loads: list[str] = field(default_factory=list)
    elements: Counter[str] = field(default_factory=Counter)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self._is_article = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._is_article = self._is_article or tag == "article"
        self.page.ids |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.page.links.append(given["href"])
        elif "src" in given:
            self.page.loads.append(given["src"])
        elif tag == "link" and given.get("rel") in {"stylesheet", "icon", "preload", "preconnect"}:
            self.page.loads.append(given["href"])
        if self._is_article and tag in ELEMENTS:
            self.page.elements[ELEMENTS[tag]] += 1

    def handle_endtag(self, tag: str) -> None:
        self._is_article = self._is_article and tag != "article"


def page_of(text: str) -> Page:
    """Read an HTML page."""
    reader = _Reader()
    reader.feed(text)
    return reader.page


def elements_of_markdown(text: str) -> Counter[str]:
    """Count what a page of Markdown has as GitHub reads it."""
    found: Counter[str] = Counter()
    for token in MarkdownIt().enable("table").parse(text):
        for each in (token, *(token.children or [])):
            kind = "fence" if each.type == "code_block" else each.type
            if kind in ELEMENTS.values():
                found[kind] += 1
    return found


def faults_of_html(pages: Path, html: Path) -> list[str]:
    """Return what is wrong in the HTML of ``pages``."""
    read = {path: page_of(path.read_text()) for path in sorted(html.rglob("*.html"))}
    faults = [fault for path in read for fault in _link_faults(html, path, read)]
    for source in sorted(pages.rglob("*.md")):
        name = source.relative_to(pages)
        path = html / name.with_suffix(".html")
        path = path if path in read else path.with_name("index.html")
        wanted, shown = elements_of_markdown(source.read_text()), read[path].elements
        if different := {kind for kind in wanted | shown if wanted[kind] != shown[kind]}:
            counts = ", ".join(f"{shown[kind]} of {wanted[kind]} {kind}" for kind in sorted(different))
            faults.append(f"{name}: the site shows {counts}: write it so that Python-Markdown reads it as GitHub does")
    return faults


def _link_faults(html: Path, path: Path, read: dict[Path, Page]) -> list[str]:
    page, name, faults = read[path], path.relative_to(html), []
    for link in page.loads:
        parts = urlsplit(link)
        if parts.netloc:
            faults.append(f"{name} loads {link}: a page loads nothing from another host")
    for link in [*page.links, *page.loads]:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        below = html if parts.path.startswith("/") else path.parent  # 404.html is served at any path
        target = below / unquote(parts.path).lstrip("/") if parts.path else path
        target = (target / "index.html" if target.is_dir() else target).resolve()
        if not target.is_file():
            faults.append(f"{name} links to {link}: there is no such file in the site")
        elif parts.fragment and unquote(parts.fragment) not in read.get(target, Page()).ids:
            faults.append(f"{name} links to {link}: the page has no such anchor")
    return faults
