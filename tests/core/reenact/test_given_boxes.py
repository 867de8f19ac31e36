"""Boxes around faces, in words and as files."""

from __future__ import annotations

from pathlib import Path

import pytest

from hyperreenact_core.errors import InputError
from hyperreenact_core.reenact.cast_clip import check_cast
from hyperreenact_core.reenact.clip import ClipRequest
from hyperreenact_core.reenact.clip_checks import check_track
from hyperreenact_core.reenact.given_boxes import read_boxes

BOX = (10.0, 20.0, 40.0, 60.0)


def written(path: Path, text: str) -> str:
    path.write_text(text, "utf-8")
    return str(path)


def test_a_box_in_words_is_that_of_every_frame():
    assert read_boxes("10,20,30,40") == ((BOX,),)
    for wrong in ("10,20,30", "a,b,c,d", "faces.txt"):
        with pytest.raises(
            InputError, match=r"x,y,width,height in pixels, or the name of a \.json"
        ):
            read_boxes(wrong)
    with pytest.raises(InputError, match="must have a size"):
        read_boxes("10,20,0,40")


def test_files_tell_boxes_frame_by_frame(tmp_path: Path):
    one = '{"x": 10, "y": 20, "width": 30, "height": 40}'
    assert read_boxes(written(tmp_path / "a.json", f"[[{one}], []]")) == ((BOX,), ())
    table = "x,y,width,height\n10,20,30,40\n10,20,30,40\n"
    assert read_boxes(written(tmp_path / "a.csv", table)) == ((BOX,), (BOX,))
    table = "frame,x,y,width,height\n2,10,20,30,40\n0,10,20,30,40\n"
    assert read_boxes(written(tmp_path / "b.csv", table)) == ((BOX,), (), (BOX,))
    with pytest.raises(InputError, match=r"c\.csv has no column 'height'"):
        read_boxes(written(tmp_path / "c.csv", "x,y,width\n1,2,3\n"))
    with pytest.raises(InputError, match=r"d\.json cannot be read as JSON"):
        read_boxes(written(tmp_path / "d.json", "{"))
    with pytest.raises(InputError, match=r"e\.json: boxes must be tables"):
        read_boxes(written(tmp_path / "e.json", "7"))
    with pytest.raises(InputError, match="gone"):
        read_boxes(str(tmp_path / "gone.json"))


def test_boxes_are_refused_where_nobody_looks_in_them():
    source, clip, out = Path("me.png"), Path("two.mp4"), Path("out.mp4")
    with pytest.raises(InputError, match="leave them away with --all-faces"):
        check_cast(ClipRequest(source, clip, out, all_faces=True, boxes=((BOX,),)))
    with pytest.raises(InputError, match=r"moves\.csv is a pose track.* leave the boxes away"):
        check_track(Path("moves.csv"), compares=False, boxes=((BOX,),))
