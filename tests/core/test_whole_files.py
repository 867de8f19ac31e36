"""Files appear whole or not at all, whoever else writes there and whenever a run is killed."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from hyperreenact_core.errors import OutputError
from hyperreenact_core.locks import only_run
from hyperreenact_core.whole_files import (
    PART_PREFIX,
    Part,
    name_with,
    whole_file,
    whole_files,
    write_whole,
)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def fail_after(part: Path, data: bytes) -> None:
    part.write_bytes(data)
    raise OSError("no room")


def killed_run(body: str, folder: Path) -> None:
    """Run `body` in a process of its own until it says "now", then kill it."""
    code = (
        "import sys, time\nfrom pathlib import Path\n"
        "from hyperreenact_core import whole_files\nfrom hyperreenact_core.locks import only_run\n"
        f"folder = Path(sys.argv[1])\n{body}\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "now\n"
    process.kill()
    process.wait()
    process.stdout.close()


HOLD = "print('now', flush=True)\ntime.sleep(60)"


def test_two_writers_of_one_file_do_not_meet(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    with whole_file(path) as first:
        first.write_bytes(b"the first")
        with whole_file(path) as second:
            second.write_bytes(b"the second, and longer")
        assert path.read_bytes() == b"the second, and longer"
    assert path.read_bytes() == b"the first"
    assert names(tmp_path) == ["result.json"]


def test_an_error_leaves_what_was_there(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", b"old")
    with pytest.raises(OutputError, match="no room"), whole_file(tmp_path / "a") as part:
        fail_after(part, b"ne")
    assert (tmp_path / "a").read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("name", ["n" * 250 + ".json", "n" * 255, "ü" * 125 + ".json", ".hidden"])
def test_any_legal_name_can_be_written(tmp_path: Path, name: str) -> None:
    write_whole(tmp_path / name, b"data")
    assert names(tmp_path) == [name]
    longer = name_with(name, ".partial")
    (tmp_path / longer).touch()
    assert longer.endswith(".partial" + Path(name).suffix)


def test_a_link_is_followed_and_stays(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    link = tmp_path / "link.json"
    link.symlink_to(tmp_path / "there" / "real.json")
    for data in (b"one", b"two"):  # the first time it leads to nothing
        write_whole(link, data)
        assert link.is_symlink()
        assert (tmp_path / "there" / "real.json").read_bytes() == data
    assert names(tmp_path / "there") == ["real.json"]


def test_a_device_takes_the_bytes_and_stays() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    write_whole(Path("/dev/null"), b"data")
    assert Path("/dev/null").is_char_device()
    with pytest.raises(OutputError, match=r"/dev/full cannot be written .*; .* make room"):
        write_whole(Path("/dev/full"), b"data")


def test_the_next_run_sweeps_what_a_killed_one_left(tmp_path: Path) -> None:
    killed_run(f"part = whole_files.Part(folder / 'a')\npart.path.touch()\n{HOLD}", tmp_path)
    assert [name[: len(PART_PREFIX)] for name in names(tmp_path)] == [PART_PREFIX]
    write_whole(tmp_path / "b", b"another result")
    assert names(tmp_path) == ["b"]


def test_a_living_run_is_left_alone(tmp_path: Path) -> None:
    part = Part(tmp_path / "a")
    part.path.write_bytes(b"half")
    write_whole(tmp_path / "b", b"another result")
    assert part.path.read_bytes() == b"half"
    part.discard()
    assert names(tmp_path) == ["b"]


def test_a_folder_moved_aside_by_a_killed_run_comes_back(tmp_path: Path) -> None:
    (tmp_path / "frames").mkdir()
    (tmp_path / "frames" / "000000.png").touch()
    body = (
        "part = whole_files.Part(folder / 'frames')\n"
        "part.path.parent.joinpath('aside').mkdir()\n"
        "(folder / 'frames').rename(part.path.parent / 'aside' / 'frames')\n"
    )
    killed_run(body + HOLD, tmp_path)
    write_whole(tmp_path / "b", b"another result")
    assert names(tmp_path) == ["b", "frames"]
    assert names(tmp_path / "frames") == ["000000.png"]


def test_one_run_at_a_time_until_it_ends_or_is_killed(tmp_path: Path) -> None:
    killed_run(f"with only_run(folder, 'shards'):\n    {HOLD.replace(chr(10), '; ')}", tmp_path)
    with (
        only_run(tmp_path, "shards"),
        only_run(tmp_path, "weights"),
        pytest.raises(OutputError, match=r"another run is making shards in .*; wait"),
        only_run(tmp_path, "shards"),
    ):
        pass
    assert names(tmp_path) == []


def test_many_at_once_leave_one_whole_file(tmp_path: Path) -> None:
    def write(letter: bytes) -> None:
        for _ in range(20):
            write_whole(tmp_path / "a", letter * 10_000)

    threads = [threading.Thread(target=write, args=(letter,)) for letter in (b"x", b"y", b"z")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    data = (tmp_path / "a").read_bytes()
    assert data == data[:1] * 10_000
    assert names(tmp_path) == ["a"]


def test_files_that_belong_together_are_replaced_together_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = (tmp_path / "a", tmp_path / "b")
    replace, failed = Path.replace, []

    def fail_at_b(path: Path, target: Path) -> Path:
        if target.name == "b" and not failed:
            failed.append(target)
            raise OSError("in use")
        return replace(path, target)

    def write(data: bytes) -> None:
        with whole_files(paths) as parts:
            for part in parts:
                part.write_bytes(data)

    write(b"old")
    monkeypatch.setattr(Path, "replace", fail_at_b)
    with pytest.raises(OutputError, match=r"b cannot be written \(in use\)"):
        write(b"new")
    assert [path.read_bytes() for path in paths] == [b"old", b"old"]
    write(b"new")
    assert [path.read_bytes() for path in paths] == [b"new", b"new"]
    assert names(tmp_path) == ["a", "b"]
