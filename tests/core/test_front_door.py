"""What `import hyperreenact_core as hr` gives, and the programs of docs/library.md."""

from __future__ import annotations

import re
import runpy
import shutil
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

import hyperreenact_core as hr

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "hyperreenact_core" / "samples"
GUIDE = (ROOT / "docs" / "library.md").read_text("utf-8")
IMPORT, *PROGRAMS = re.findall(r"```python\n(.*?)```", GUIDE, flags=re.DOTALL)
FRAMES = 2


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the programs find their picture and a clip of a few frames."""
    shutil.copy(SAMPLES / "talk_source.png", tmp_path / "portrait.png")
    clip = hr.open_frames(SAMPLES / "talk_driving.mp4")
    path = tmp_path / "clip.mp4"
    with hr.open_writer(path, width=clip.width, height=clip.height, rate=clip.rate) as writer:
        for frame in islice(clip, FRAMES):
            writer.write(frame)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(program: str) -> None:
    Path("program.py").write_text(program, "utf-8")
    runpy.run_path("program.py")


def test_a_file_is_made_from_files(folder: Path, capsys: pytest.CaptureFixture[str]):
    run(PROGRAMS[0])
    assert capsys.readouterr().out == f"{FRAMES} of {FRAMES} frames drawn\n"
    assert hr.open_frames(folder / "animated.mp4").frame_count == FRAMES


def test_the_first_program_tells_of_a_missing_picture(folder: Path):
    (folder / "portrait.png").unlink()
    with pytest.raises(SystemExit, match=r"portrait\.png"):
        run(PROGRAMS[0])


def test_frames_are_drawn_one_by_one(folder: Path):
    run(PROGRAMS[1])
    pictures = sorted(folder.glob("frame-*.png"))
    assert [path.name for path in pictures] == ["frame-0000.png", "frame-0001.png"]
    assert hr.read_image(pictures[0]).shape == (256, 256, 3)


def test_many_clips_are_drawn_from_one_source(folder: Path):
    shutil.copy(folder / "clip.mp4", folder / "clip2.mp4")
    run(PROGRAMS[2])
    for name in ("clip.mp4", "clip2.mp4"):
        assert hr.open_frames(folder / "animated" / name).frame_count == FRAMES


def test_the_import_alone_is_free_of_torch():
    program = (
        f"import sys\n{IMPORT}\nsys.exit(bool({{'torch', 'numpy', 'cv2'}} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


def test_every_name_is_there_and_described():
    assert set(hr.__all__) <= set(dir(hr))
    assert [name for name in hr.__all__ if not hasattr(hr, name)] == []
    assert [name for name in hr.__all__ if name not in GUIDE] == []


def test_other_names_are_refused():
    with pytest.raises(AttributeError, match="no attribute 'target'"):
        _ = hr.target  # pyright: ignore[reportAttributeAccessIssue]
