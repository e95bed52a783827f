"""This operator as a user runs it: the command line, a plugin file, metrics, probes and logs at their defaults.

It runs in a virtual environment that holds its pins alone, as in its image. The tools of this repository bring packages
such as ``rich``, which libraries import where they find it: that costs time at the start and memory.
"""

import hashlib
import os
import subprocess
import sys
from functools import cache
from importlib import metadata
from pathlib import Path

from bench.peers.peer import COUNTING, OURS, PULSE, REMEMBERED_VARIABLE, Job, Launch, Peer
from bench.worker_counters import COUNTING_APART

PLUGIN = """
from plugin_operator import Context, Request, controller


@controller(for_="%(kind)s", name="%(name)s", max_concurrent_reconciles=%(workers)d%(more)s)
async def bench(ctx: Context, request: Request) -> None:
%(body)s
"""
BODIES = {
    "noop": "    count(request.name)",
    "read": "    ctx.lister.get(request)\n    count(request.name)",
    "patch": """\
    seen = {"metadata": {"labels": {"seen": "yes"}}}
    await ctx.client.patch("v1/ConfigMap", request.name, seen, request.namespace)
    count(request.name)""",
    "fail": "    count(request.name)\n    raise RuntimeError('as the benchmark asks for')",
    "wait": "    if await is_measured():\n        await asyncio.sleep(0.005)\n    count(request.name)",
    "compute": """\
    if await is_measured():
        total = 0
        for number in range(20_000):
            total += number
    count(request.name)""",
}


_ROOT = Path(__file__).parents[2]
_INSTALL_SECONDS = 300


@cache
def _interpreter() -> str:
    """Return the interpreter of the environment, which is made on first use and kept outside the checkout.

    Raises:
        OSError: the pins cannot be installed.
    """
    pins = [_ROOT / "requirements" / name for name in ("runtime.txt", "build.txt")]
    digest = hashlib.sha256(f"{sys.version}{_ROOT}".encode() + b"".join(path.read_bytes() for path in pins))
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = base / "plugin-operator" / "bench" / f"python-{digest.hexdigest()[:20]}"
    python, complete = folder / "bin" / "python", folder / "complete"
    if not complete.exists():
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
        _run([sys.executable, "-m", "venv", "--clear", str(folder)])
        _run([*pip, "--require-hashes", *(word for path in pins for word in ("-r", str(path)))])
        _run([*pip, "--no-deps", "--no-build-isolation", "--no-index", "--editable", str(_ROOT)])
        complete.touch()
    return str(python)


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=False)
    if done.returncode:
        raise OSError(f"{command[:3]} failed: {done.stderr[-500:]}")


def _prepare(directory: Path, kubeconfig: Path, job: Job) -> Launch:
    plugins = directory / "plugins"
    plugins.mkdir()
    for number in range(job.copies):
        kind = f"bench.example.com/v1/Bench{number % job.kinds:02d}" if job.kinds else "v1/ConfigMap"
        words = {"kind": kind, "name": f"bench-{number:03d}", "workers": job.workers, "body": BODIES[job.handler]}
        words["more"] = ', distribution="sharded"' if job.processes else ""
        head = COUNTING_APART if job.processes else COUNTING + PULSE if job.pulse else COUNTING
        (plugins / f"bench_{number:03d}.py").write_text(head + PLUGIN % words)
    command = [
        _interpreter(), "-m", "plugin_operator", "run",
        "--kubeconfig", str(kubeconfig), "--plugins-dir", str(plugins),
        "--metrics-addr", "127.0.0.1:0", "--health-probe-bind-address", "127.0.0.1:0",
    ]  # fmt: skip
    if job.processes:
        command.append(f"--processes={job.processes}")
    # Each plugin maps the file for itself, and pages that many touch would count as memory as many times.
    return Launch(command, {REMEMBERED_VARIABLE: "0"} if job.copies > 1 else {})


def _version() -> str:
    _interpreter()
    return metadata.version("plugin-operator")


PEER = Peer(OURS, _version, _prepare, shards=True)
