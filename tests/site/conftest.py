"""The built site over HTTP, and a browser."""

import os
import threading
from collections.abc import AsyncIterator, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from docs.build_site import SITE
from tests.site.chromium import Tab, chromium, find_chromium

HTML = SITE / "html"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Where the site is served that `make site` built last."""
    assert (HTML / "index.html").exists(), "no site: run make site first"
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(HTML))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tab(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Tab]:
    """A tab of a Chromium that lives as long as the module."""
    if (program := find_chromium()) is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium: apt-get install chromium")
        pytest.skip("no Chromium: apt-get install chromium, or name one with make test-site CHROMIUM=/path/to/it")
    async with chromium(program, tmp_path_factory.mktemp("profile")) as opened:
        yield opened


def pages() -> list[str]:
    """Every page of the site, as below its address."""
    return sorted(path.relative_to(HTML).as_posix() for path in Path(HTML).rglob("*.html"))
