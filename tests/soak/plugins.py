"""The four plugins and what is done to their files.

Each line a plugin writes says what one reconcile saw, when it began and ended, by which edit it ran and whether it went
well. Only a reconcile whose process ends in the middle of it writes none. Each process has a file of its own, and a
sharded controller names the object's uid: an object that is deleted and created again is another one, perhaps of
another worker.
"""

import time
from dataclasses import dataclass
from pathlib import Path

WIDGET = "soak.example.com/v1/Widget"
ROLES = {"configs-one": "v1/ConfigMap", "configs-two": "v1/ConfigMap", "secrets-one": "v1/Secret", "widgets": WIDGET}
#: The one that stays single where the others are sharded.
_SINGLE = "configs-two"
_SHARDED = 'distribution="sharded", shard_by="uid", '
_UID = "(found['metadata']['uid'] if found else '-')"
#: The ConfigMap that the server puts into each namespace.
CERTIFICATES = "kube-root-ca.crt"
# Spread over all writers, whose number must not divide it.
_BUSY_EVERY = 75

_HEAD = """
import asyncio
import os
import time

from plugin_operator import controller

PATH = os.path.join(os.environ["SOAK_RECORDS"], os.environ["SOAK_INSTANCE"] + f".{{os.getpid()}}")
"""
_BODY = """
@controller(name="{role}", for_="{kind}", namespaces=["soak"], {distribution}max_concurrent_reconciles=8)
async def reconcile(ctx, request):
    if request.name == "{certificates}":
        return
    begin = time.monotonic_ns()
    kind, step, outcome, uid = "-", "-", "failed", {unknown!r}
    try:
        found = ctx.lister.get(request)
        kind = found["kind"] if found else "-"
        step = (found.get("spec") or found.get("data") or {{}}).get("step", "-") if found else "gone"
        uid = {uid}
        await asyncio.sleep({slow} if int(request.name.rpartition("-")[2]) % {busy} == 7 else 0.001)
        if {crash}:
            raise RuntimeError("a planned crash of edit {edit}")
        if kind == "Widget" and (found.get("status") or {{}}).get("step") != step:
            await ctx.client.patch_status("{kind}", request, {{"step": step}})
        outcome = "ok"
    finally:
        end = time.monotonic_ns()
        line = f"{role} {{request.name}} {{kind}} {{step}} {edit} {{outcome}} {{begin}} {{end}} {{uid}}\\n"
        out = os.open(PATH, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(out, line.encode())
        finally:
            os.close(out)
"""
_TEXTS = {
    "good": _HEAD + _BODY,
    "slow": _HEAD + _BODY,
    "in place": _HEAD + _BODY,
    "rename": _HEAD + _BODY,
    "syntax error": _HEAD + "def new_controller(: # edit {edit}\n",
    "import error": _HEAD + "raise RuntimeError('broken edit {edit}')\n",
    "import hangs": _HEAD + "time.sleep(3600) # edit {edit}\n" + _BODY,
    "import exits": _HEAD + "os._exit({edit} % 3)\n" + _BODY,
    "crash": _HEAD + _BODY,
}
EDITS = (*_TEXTS, "delete", "good", "good")
_GOOD = frozenset({"good", "slow", "in place", "rename"})


def is_busy(name: str) -> bool:
    """Whether an object is one of the few that take long to reconcile."""
    return int(name.rpartition("-")[2]) % _BUSY_EVERY == 7


@dataclass(slots=True)
class File:
    """One plugin's file as it is now.

    Attributes:
        good: the last edit that can work.
        is_good: whether it is what the file holds.
        fresh: the edit that made the plugin anew; what is deleted before that one runs, it never hears of.
    """

    path: Path
    edit: int = 0
    good: int = 0
    is_good: bool = False
    fresh: int = 0


class Editor:
    """Edits the plugins as people do."""

    def __init__(self, folder: Path, *, is_sharded: bool = False) -> None:
        self._folder = folder
        self._sharded = {*ROLES} - {_SINGLE} if is_sharded else set()
        self.files = {role: File(folder / f"{role.replace('-', '_')}.py") for role in ROLES}

    def edit(self, role: str, how: str) -> None:
        """Do to the file of ``role`` what one of EDITS says."""
        file = self.files[role]
        if how == "delete":
            file.path.unlink(missing_ok=True)
            file.is_good = False
            return
        file.edit += 1
        text = _TEXTS[how].format(
            role=role,
            kind=ROLES[role],
            edit=file.edit,
            busy=_BUSY_EVERY,
            certificates=CERTIFICATES,
            slow=1.0 if how == "slow" else 0.05,
            crash=how == "crash",
            distribution=_SHARDED if role in self._sharded else "",
            unknown="-" if role in self._sharded else "",
            uid=_UID if role in self._sharded else "''",
        )
        is_new = how == "rename" or not file.path.exists()
        if how == "rename":
            file.path.unlink(missing_ok=True)
            file.path = self._folder / f"{role.replace('-', '_')}_{file.edit}.py"
        self._write(file.path, text, in_place=how == "in place")
        file.is_good = how in _GOOD
        file.good = file.edit if file.is_good else file.good
        if is_new:
            file.fresh = file.edit

    def heal(self) -> None:
        """Give every plugin that is broken or gone a good file again."""
        for role, file in self.files.items():
            if not file.is_good:
                self.edit(role, "good")

    def _write(self, path: Path, text: str, *, in_place: bool) -> None:
        if in_place:
            with path.open("w") as file:
                file.write(text[: len(text) // 2])
                file.flush()
                time.sleep(0.02)
                file.write(text[len(text) // 2 :])
            return
        fresh = self._folder / f".{path.name}.new"
        fresh.write_text(text)
        fresh.rename(path)
