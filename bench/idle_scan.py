"""What it costs to look at a plugins directory in which nothing happens: ``python -m bench.idle_scan [FILES]``.

Prints the processor time of a look for several shapes of a directory, and what share of a core that is at the default
``--scan-interval``.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

from plugin_operator.hosting.scan.scanner import Scanner

_INTERVAL_SECONDS = 5.0
_LOOKS = 65  # one more than a whole round of reading every file again
_PLUGIN = (
    "from plugin_operator import controller\nimport helper0\n\n"
    "@controller(for_='v1/ConfigMap')\nasync def one(ctx, request):\n    ctx.log.info('hello', n={n})\n"
)
_HELPER = "VALUE = {n}\n\n\ndef double(x: int) -> int:\n    return x * 2\n" * 8


def lay(root: Path, shape: str, files: int) -> None:
    """Write a directory whose files were last modified an hour ago."""
    for number in range(files):
        match shape:
            case "flat":
                path, text = root / f"plugin{number}.py", _PLUGIN
            case "packages":
                path, text = root / f"package{number // 50}" / f"part{number % 50}.py", _HELPER
            case _:
                path, text = root / "package" / f"table{number}.yaml", "a: 1\n" * 100
        if path.parent != root:
            path.parent.mkdir(exist_ok=True)
            (path.parent / "__init__.py").touch()
        path.write_text(text.replace("{n}", str(number)))
        os.utime(path, (time.time() - 3600,) * 2)
    (root / "helper0.py").touch()


def measure(shape: str, files: int) -> float:
    """Return the processor seconds of one look, on average over a whole round."""
    with tempfile.TemporaryDirectory() as name:
        lay(Path(name), shape, files)
        time.sleep(2.5)  # until no file is so new that its times say nothing
        scanner = Scanner(name)
        for _ in range(2):
            scanner.scan()
        began = time.process_time()
        looks = 0
        while looks < _LOOKS and time.process_time() - began < 20:
            scanner.scan()
            looks += 1
        return (time.process_time() - began) / looks


def main() -> None:
    """Print a line for each shape."""
    files = int(sys.argv[1]) if len(sys.argv) > 1 else 4_500
    for shape in ("flat", "packages", "data"):
        seconds = measure(shape, files)
        share = seconds / _INTERVAL_SECONDS
        print(f"{shape:9} {files:,} files: {seconds * 1000:7.1f} ms a look, {share:6.2%} of a core")


if __name__ == "__main__":
    main()
