"""Files are written whole or not at all, by any number of writers, with the permissions that a new file has."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from lossbook import checks, files
from lossbook.data import mnist_root
from lossbook.files import user_path, write_whole

posix = pytest.mark.skipif(os.name != "posix", reason="permissions and links of this kind are POSIX's")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("name", ["run.json", "with space.json", "损失.json", "n" * 250, ".hidden"])
def test_what_is_written_is_all_that_is_there(tmp_path: Path, name: str) -> None:
    assert write_whole(tmp_path / name, b"first") == (tmp_path / name).resolve()
    write_whole(str(tmp_path / name), b"second")
    assert (tmp_path / name).read_bytes() == b"second"
    assert names(tmp_path) == [name]


def test_many_threads_may_write_one_file_and_readers_see_it_whole(tmp_path: Path) -> None:
    path, whole, errors, seen = tmp_path / "run.json", [bytes([i]) * 20_000 for i in range(4)], [], set()
    write_whole(path, whole[0])

    def write(content: bytes) -> None:
        try:
            for _ in range(50):
                write_whole(path, content)
                seen.add(path.read_bytes())
        except OSError as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(content,)) for content in whole]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert seen <= set(whole)
    assert names(tmp_path) == ["run.json"]


def test_many_processes_may_write_one_file(tmp_path: Path) -> None:
    code = (
        f"from lossbook.files import write_whole\nfor _ in range(50): write_whole({str(tmp_path / 'a')!r}, b'x' * 9999)"
    )
    several = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(3)]
    assert [process.wait() for process in several] == [0] * 3
    assert (tmp_path / "a").read_bytes() == b"x" * 9999
    assert names(tmp_path) == ["a"]


@posix
@pytest.mark.parametrize("umask", [0o022, 0o002, 0o077])
def test_a_new_file_has_the_permissions_that_the_umask_leaves(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        write_whole(tmp_path / "new", b"")
    finally:
        os.umask(before)
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o666 & ~umask


@posix
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666, 0o755])
def test_a_file_that_was_there_keeps_its_permissions(tmp_path: Path, mode: int) -> None:
    path = write_whole(tmp_path / "old", b"")
    path.chmod(mode)
    write_whole(path, b"new")
    assert path.stat().st_mode & 0o777 == mode


@posix
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "file")
    for content in (b"new", b"newer"):
        assert write_whole(tmp_path / "link", content) == (tmp_path / "file").resolve()
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "file").read_bytes() == content
    assert names(tmp_path) == ["file", "link"]


def broken(error: BaseException) -> object:
    def fails(*arguments: object, **settings: object) -> None:
        raise error

    return fails


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt(), MemoryError()])
@pytest.mark.parametrize("where", ["replace", "chmod", "open"])
def test_whatever_goes_wrong_the_old_file_stays_and_no_part_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, where: str
) -> None:
    path = write_whole(tmp_path / "run.json", b"old")
    if where == "open":

        class Full:
            def __init__(self, stream: object) -> None:
                self.stream = stream

            def __enter__(self) -> Full:
                return self

            def __exit__(self, *reason: object) -> None:
                self.stream.close()  # type: ignore[attr-defined]

            def write(self, content: bytes) -> None:
                self.stream.write(content[:3])  # type: ignore[attr-defined]
                raise error

        monkeypatch.setattr(files, "open", lambda *names, **how: Full(open(*names, **how)), raising=False)  # noqa: SIM115
    else:
        monkeypatch.setattr(Path, where, broken(error))
    if where == "chmod" and isinstance(error, OSError):  # a file system that knows no permissions
        write_whole(path, b"new")
        assert path.read_bytes() == b"new"
    else:
        with pytest.raises(type(error)):
            write_whole(path, b"new content")
        assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["run.json"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("none/run.json", "run.json' cannot be written: there is no folder '.*none'"),
        ("file/run.json", "run.json' cannot be written: there is no folder '.*file'"),
        ("folder", "folder' cannot be written: it exists and is no file"),
        ("n" * 300, "cannot be written: File name too long"),
    ],
)
def test_what_cannot_be_written_is_told_in_a_sentence(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=f"^'.*{words}.$") as caught:
        write_whole(tmp_path / name, b"")
    assert caught.value.errno
    assert names(tmp_path) == ["file", "folder"]


def test_a_path_that_no_file_can_have_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="path must be one that a file can have, got 'a.*b': embedded null byte"):
        write_whole("a\0b", b"")
    with pytest.raises(ValueError, match="path must begin with a home folder that exists, got '~nobody-here/x'"):
        write_whole("~nobody-here/x", b"")
    with pytest.raises(ValueError, match="--json must be a file that can be written, got '~nobody-here/x'"):
        checks.writable("--json", Path("~nobody-here/x"))


def test_a_write_protected_file_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_whole(tmp_path / "run.json", b"old")
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write whatever the permissions are
    with pytest.raises(PermissionError, match="cannot be written: the file is write-protected"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"


def test_a_tilde_is_the_home_folder_wherever_a_path_comes_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, here = tmp_path / "home", tmp_path / "here"
    home.mkdir()
    here.mkdir()
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.chdir(here)
    write_whole("~/a", b"")
    checks.writable("--json", Path("~/b"))
    assert user_path("~/c") == home / "c"
    assert mnist_root(root="~/d") == home / "d" / "embedded"
    monkeypatch.setenv("LOSSBOOK_DATA", "~/e")
    assert mnist_root() == home / "e" / "embedded"
    assert names(home) == ["a", "d", "e"]
    assert names(here) == []
    assert user_path("x/~/y") == Path("x/~/y")
