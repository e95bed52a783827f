"""Builds the pages of ``docs/`` as a site in ``build/site/html``: ``make site``.

Owns which files are published, and what has to hold for them: each page is in the navigation, and the site shows what
GitHub shows. Zensical renders; ``docs/zensical.toml`` is its configuration. The pages are plain Markdown, so another
generator needs another configuration and nothing else.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docs.site_checks import faults_of_html

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
CONFIG = "zensical.toml"
SITE = ROOT / "build" / "site"
#: What pages show and link to, besides other pages.
ASSETS = (".svg", ".png", ".css", ".js")
_LINK = re.compile(r"\]\(([^)#\s]+\.py)\)")
_DEADLINE_SECONDS = 300


class SiteFault(Exception):
    """The site is not built; the message has one fault a line, each with the way out."""


def entries_of(nav: list[Any]) -> Iterator[str]:
    """Yield the pages that a navigation names, sections included."""
    for entry in nav:
        for target in entry.values():
            yield from [target] if isinstance(target, str) else entries_of(target)


def faults_of_navigation(docs: Path) -> list[str]:
    """Return the pages that the navigation lacks, has twice, or names without a file."""
    named = list(entries_of(tomllib.loads((docs / CONFIG).read_text())["project"]["nav"]))
    pages = {path.relative_to(docs).as_posix() for path in docs.rglob("*.md")}
    return [
        *(f"docs/{page} is not in nav of docs/{CONFIG}: add it to a section" for page in sorted(pages - set(named))),
        *(f"nav of docs/{CONFIG} names {page}, which does not exist" for page in sorted(set(named) - pages)),
        *(f"nav of docs/{CONFIG} names {page} twice" for page in sorted({p for p in named if named.count(p) > 1})),
    ]


def stage(docs: Path, target: Path) -> None:
    """Copy to ``target`` what is published: pages, pictures, and the Python sources that pages link to, as pages."""
    shutil.rmtree(target, ignore_errors=True)
    for path in sorted(docs.rglob("*")):
        copy = target / "pages" / path.relative_to(docs)
        if path.suffix in ASSETS:
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
        elif path.suffix == ".md":
            copy.parent.mkdir(parents=True, exist_ok=True)
            text = path.read_text()
            for link in _LINK.findall(text):
                stage_source(path.parent / link, copy.parent / link)
            copy.write_text(_LINK.sub(lambda found: f"]({found[1].removesuffix('.py')}.md)", text))
    shutil.copyfile(docs / CONFIG, target / CONFIG)


def stage_source(source: Path, copy: Path) -> None:
    """Make a page of a Python source, where the link to it is rewritten to."""
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.with_suffix(".md").write_text(f"# {source.name}\n\n````python\n{source.read_text()}````\n")


def build(zensical: Path, docs: Path = DOCS, target: Path = SITE) -> None:
    """Build the site, or raise ``SiteFault``."""
    if faults := faults_of_navigation(docs):
        raise SiteFault("\n".join(faults))
    stage(docs, target)
    command = [str(zensical.absolute()), "build", "--strict", "--clean", "--config-file", CONFIG]
    ended = subprocess.run(  # noqa: S603 - the program that make installed
        command, cwd=target, capture_output=True, text=True, check=False, timeout=_DEADLINE_SECONDS
    )
    if ended.returncode:
        # A strict build ends with a traceback after it has named the faults: that one says nothing more.
        is_named = "--strict flag is set" in ended.stderr
        raise SiteFault(ended.stdout + (ended.stderr.partition("Traceback")[0] if is_named else ended.stderr))
    if faults := faults_of_html(target / "pages", target / "html"):
        raise SiteFault("\n".join(faults))


def main() -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(description="Build the pages of docs/ as a site.")
    parser.add_argument("--zensical", type=Path, required=True, help="the program")
    asked = parser.parse_args()
    try:
        build(asked.zensical)
    except SiteFault as fault:
        sys.stderr.write(f"{fault}\nThe site is not built.\n")
        return 1
    pages = len(list((SITE / "html").rglob("*.html")))
    folder = (SITE / "html").relative_to(ROOT)
    sys.stdout.write(f"{pages} pages: open {folder}/index.html\n")
    sys.stdout.write(f"The search needs a web server: python3 -m http.server --directory {folder}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
