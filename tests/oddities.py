"""What may lie in a plugins directory besides plugins: each is made by a function of the path it is to have."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

from plugin_operator.hosting.scan import directory_walk
from plugin_operator.hosting.scan.tree import MAX_FILE_BYTES


def loop(path: Path) -> None:
    path.symlink_to(path.name)


def endless_name(path: Path) -> None:
    path.symlink_to("x" * 300)


def too_long_a_target(path: Path) -> None:
    path.symlink_to("a/" * 2000)


def to_the_root(path: Path) -> None:
    path.symlink_to("/")


def to_itself(path: Path) -> None:
    path.symlink_to(path.parent)


def to_processes(path: Path) -> None:
    path.symlink_to("/proc/self")


def to_nothing(path: Path) -> None:
    path.symlink_to("nowhere")


def pipe(path: Path) -> None:
    os.mkfifo(path)


def listening_socket(path: Path) -> None:
    here = os.open(".", os.O_RDONLY)
    os.chdir(path.parent)  # a socket's path may have only about a hundred characters
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path.name)
    finally:
        os.fchdir(here)
        os.close(here)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def terminal(path: Path) -> None:
    path.symlink_to("/dev/tty")


def huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)


def folder(path: Path) -> None:
    path.mkdir()


def deep(path: Path) -> None:
    for _ in range(40):
        path.mkdir()
        (path / "x.py").write_text("x = 1\n")
        path /= "deeper"


def links_upon_links(path: Path) -> None:
    """Lay twelve folders, each with links to the next: 3 to the twelfth ways lead through them."""
    path.mkdir()
    for number in range(12):
        level = path / f"level{number}"
        level.mkdir()
        (level / "x.py").write_text("x = 1\n")
        for link in range(3):
            (level / f"link{link}").symlink_to(f"../level{number + 1}")
    (path / "level12").mkdir()


def crowd(path: Path) -> None:
    path.mkdir()
    for number in range(directory_walk.MAX_FOLDER_ENTRIES + 1):
        (path / f"x{number}.py").touch()


def null_bytes(path: Path) -> None:
    path.write_bytes(b"\0" * 100)


ODD: dict[str, Callable[[Path], None]] = {
    each.__name__: each
    for each in (
        loop, endless_name, too_long_a_target, to_the_root, to_itself, to_processes, to_nothing, pipe,
        listening_socket, device, terminal, huge, folder, deep, links_upon_links, null_bytes,
    )
}  # fmt: skip
