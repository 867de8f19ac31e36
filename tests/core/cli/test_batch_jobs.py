"""`hyperreenact batch` with a file of jobs: what arrives, what is skipped, what fails alone."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hyperreenact_core.batch import run as batch_run
from hyperreenact_core.batch.engines.local import InProcess
from hyperreenact_core.batch.pool import Done
from hyperreenact_core.cli import batch_jobs
from hyperreenact_core.cli.main import main
from hyperreenact_core.errors import OutputError
from hyperreenact_core.reenact.pipeline import Reenactor
from hyperreenact_core.video.pictures import read_image
from hyperreenact_core.video.stills import write_image
from tests.core.cli.reenact_files import Files, reenact, write_clip

HAS_RAY = find_spec("ray") is not None


def job(files: Files, out: str, **options: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "source": str(files.source),
        "driving": str(files.clip),
        "out": out,
        "model-set": "tiny",
        "model-path": str(files.models),
        "detail": 0,
        "device": "cpu",
    }
    return usual | options


def batch(folder: Path, jobs: list[dict[str, Any]], *options: str) -> int:
    (folder / "jobs.json").write_text(json.dumps(jobs))
    return main(["batch", str(folder / "jobs.json"), "--workers", "0", *options])


def states(folder: Path) -> list[str]:
    report = json.loads((folder / "jobs.work" / "report.json").read_text())
    return [entry["state"] for entry in report["jobs"]]


@pytest.mark.parametrize("length", ["2", "250"])
@pytest.mark.parametrize("no_face", ["hold", "skip", "source"])
def test_a_clip_in_pieces_is_the_clip_to_the_last_bit(
    files: Files, tmp_path: Path, length: str, no_face: str
):
    whole = tmp_path / "whole.mp4"
    assert reenact(files, whole, "--no-face", no_face) == 0
    assert batch(tmp_path, [job(files, "out.mp4", no_face=no_face)], "--shard-frames", length) == 0
    assert (tmp_path / "out.mp4").read_bytes() == whole.read_bytes()
    assert not list((tmp_path / "jobs.work" / "pieces").glob("*"))


def test_what_is_done_is_skipped_until_something_changes(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    jobs = [job(files, "a.mp4"), job(files, "b.mp4", frames=2)]
    assert batch(tmp_path, jobs) == 0
    before = (tmp_path / "a.mp4").stat().st_mtime_ns
    (tmp_path / "b.mp4").unlink()
    assert batch(tmp_path, jobs) == 0
    assert states(tmp_path) == ["there", "done"]
    assert (tmp_path / "a.mp4").stat().st_mtime_ns == before
    assert batch(tmp_path, [job(files, "a.mp4", crf=30), jobs[1]]) == 0
    assert states(tmp_path) == ["done", "there"]


def test_ranges_that_are_drawn_are_not_drawn_again(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    drawn: list[int] = []
    real, join = Reenactor.draw_read, batch_run.ClipWorker._join

    def draw(self: Reenactor, source: Any, frames: Any) -> Any:
        drawn.append(len(frames))
        return real(self, source, frames)

    def interrupted(*_: Any) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(Reenactor, "draw_read", draw)
    monkeypatch.setattr(batch_run.ClipWorker, "_join", interrupted)
    jobs = [job(files, "a.mp4")]
    assert batch(tmp_path, jobs, "--shard-frames", "4") == 130
    assert states(tmp_path) == ["not done"]
    monkeypatch.setattr(batch_run.ClipWorker, "_join", join)
    assert batch(tmp_path, jobs, "--shard-frames", "4") == 0
    assert drawn == [4, 2]


def test_a_mask_lies_beside_the_jobs_and_another_one_makes_the_clip_anew(
    files: Files, tmp_path: Path
):
    source, mask, out = read_image(files.source), tmp_path / "mask.png", tmp_path / "out"
    jobs = [job(files, "out", front="mask.png", frames=2, **{"paste-back": True})]
    for level, is_covered in ((255, True), (0, False)):
        write_image(mask, np.full_like(source, level))
        assert batch(tmp_path, jobs) == 0
        shown = [read_image(path) for path in sorted(out.iterdir())]
        assert all(np.array_equal(frame, source) == is_covered for frame in shown)


def test_a_job_fails_alone_and_says_why(files: Files, tmp_path: Path, capsys: Any):
    (tmp_path / "broken.mp4").write_bytes(b"no clip at all")
    write_clip(tmp_path / "nobody.mp4", "....")
    jobs = [
        job(files, "1.mp4", driving="broken.mp4"),
        job(files, "2.mp4", driving="lost.mp4"),
        job(files, "3.mp4", driving="nobody.mp4", no_face="error"),
        job(files, "4.mp4"),
        job(files, "4.mp4"),
        job(files, "5.mp4", all_faces=True),
        job(files, "6.mp4", source="nobody.mp4", detail=1),
    ]
    assert batch(tmp_path, jobs, "--shard-frames", "3") == 2
    assert states(tmp_path) == ["failed", "failed", "failed", "done", *["failed"] * 3]
    said = capsys.readouterr()
    for words in ("broken.mp4", "lost.mp4 cannot be read", "no face was found", "stands before it"):
        assert words in said.out
    assert said.out.count("cannot be cut into pieces") == 2
    assert "6 of 7 failed" in said.err


class Leaving(InProcess[Any, Any]):
    """Gone after the first piece."""

    def next(self) -> Done[Any, Any]:
        if self._work is not None:
            raise OutputError("the cluster was lost: start its head again")
        return super().next()


def test_workers_that_are_lost_leave_a_table_a_report_and_what_is_done(
    files: Files, tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
):
    jobs = [job(files, "a.mp4", frames=2), job(files, "b.mp4", frames=2)]
    with monkeypatch.context() as patch:
        patch.setattr(batch_jobs, "open_pool", lambda _, start, __: Leaving(start))
        assert batch(tmp_path, jobs) == 2
    said = capsys.readouterr()
    assert ["  done " in line for line in said.out.splitlines()] == [True, False]
    assert "b.mp4  not done" in said.out
    assert "error: the cluster was lost: start its head again" in said.err
    assert states(tmp_path) == ["done", "not done"]
    assert batch(tmp_path, jobs) == 0
    assert states(tmp_path) == ["there", "done"]


@pytest.mark.skipif(sys.platform == "win32", reason="this system limits no sizes of files")
def test_what_finds_no_room_fails_and_is_done_when_there_is_some(files: Files, tmp_path: Path):
    import resource

    jobs = [job(files, "a.mp4"), job(files, "b.mp4", driving="lost.mp4")]
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, limits[1]))
    try:
        assert batch(tmp_path, jobs, "--shard-frames", "3") == 2
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    report = json.loads((tmp_path / "jobs.work" / "report.json").read_text())
    assert "choose another place or make room" in report["jobs"][0]["reason"]
    assert not (tmp_path / "a.mp4").exists()
    assert batch(tmp_path, jobs[:1], "--shard-frames", "3") == 0
    assert states(tmp_path) == ["done"]


def test_results_go_to_an_address(files: Files, tmp_path: Path, capsys: Any):
    place = tmp_path / "elsewhere" / "a.mp4"
    jobs = [
        job(files, f"file://{place}", frames=2),
        job(files, f"file://{tmp_path}/jobs.json/b.mp4", frames=2),
    ]
    assert batch(tmp_path, jobs) == 2  # the second cannot be: a file stands where a folder must
    assert states(tmp_path) == ["done", "failed"]
    assert "what was made is kept" in capsys.readouterr().out
    assert [path.name for path in place.parent.iterdir()] == ["a.mp4"]
    first = place.read_bytes()
    assert batch(tmp_path, jobs[:1]) == 0
    assert states(tmp_path) == ["there"]
    place.write_bytes(b"half")
    assert batch(tmp_path, jobs[:1]) == 0
    assert place.read_bytes() == first


def test_an_address_of_an_unknown_kind_is_one_line(files: Files, tmp_path: Path, capsys: Any):
    assert batch(tmp_path, [job(files, "nonsense://a/b.mp4")]) == 2
    said = capsys.readouterr().err
    assert "nonsense://a/b.mp4: results cannot go there" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "no file of jobs"),
        ("[]", "write a list of jobs"),
        ('[{"source": "a.png"}]', "job 1: it needs source, driving and out"),
        ('{"source": "a", "driving": "b", "out": "c.mp4", "nose": 3}', "nose"),
        ('{"source": "a", "driving": "b", "out": "c.mp4", "crf": 99}', "crf"),
    ],
)
def test_what_is_no_file_of_jobs_is_one_line(tmp_path: Path, capsys: Any, text: str, message: str):
    (tmp_path / "jobs.jsonl").write_text(text)
    assert main(["batch", str(tmp_path / "jobs.jsonl")]) == 2
    assert message in capsys.readouterr().err


def test_nothing_imports_ray_and_its_engine_says_how_to_get_it(files: Files, tmp_path: Path):
    (tmp_path / "jobs.json").write_text(json.dumps([job(files, "out.mp4")]))
    code = (
        "import sys; sys.modules['ray'] = None\n"
        "from hyperreenact_core.cli.main import main\n"
        f"sys.exit(main(['batch', {str(tmp_path / 'jobs.json')!r}, '--engine', 'ray']))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ended.returncode == 2
    assert "pip install 'hyperreenact[ray]'" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_data_on_a_cluster_needs_the_extra(
    files: Files, tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "ray", None)
    (tmp_path / "people" / "ann").mkdir(parents=True)
    (tmp_path / "people" / "ann" / "a.mp4").write_bytes(files.clip.read_bytes())
    line = ["data", "prepare", str(tmp_path / "people"), "--out", str(tmp_path / "shards")]
    line += ["--model-set", "tiny", "--model-path", str(files.models)]
    assert main([*line, "--engine", "ray", "--workers", "1"]) == 2
    assert "pip install 'hyperreenact[ray]'" in capsys.readouterr().err


@pytest.mark.skipif(not HAS_RAY, reason="the extra `ray` is not installed")
@pytest.mark.parametrize(
    ("address", "message"),
    [("127.0.0.1:9", "no Ray cluster answers"), ("nonsense", "write HOST:PORT")],
)
def test_an_address_without_a_cluster_is_one_line(
    files: Files, tmp_path: Path, capsys: Any, address: str, message: str
):
    options = ("--engine", "ray", "--workers", "1", "--address", address)
    assert batch(tmp_path, [job(files, "out.mp4")], *options) == 2
    assert message in capsys.readouterr().err
