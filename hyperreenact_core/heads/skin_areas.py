"""Where things lie in the skin's texture: the face on its side, its mesh points, painted areas.

The texture covers head, neck and the mouth's inside at the photographs' own resolution; another,
smaller one covers the body. The forehead points left.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from .body import load_body
from .meshes import Floats
from .raster import blurred

PHOTOGRAPH = 2048
LEFT, TOP, RIGHT, BOTTOM = 1296, 352, 2048, 2048
"""The part of a photographed texture that shows the head, in its pixels."""
BODY_SIZE = 512

MOUTH_ROW = 1400
"""The mouth's inside has a patch of its own below this row of the head's texture."""


_EARS = ((430, 406), (430, 985))
"""Where the ears lie in the head's texture."""
BROWS = (
    (336, 296, 334, 293, 300, 276, 283, 282, 295, 285),
    (107, 66, 105, 63, 70, 46, 53, 52, 65, 55),
)
FOLDS = (
    ((109, 10, 338), 0.7, 3),
    ((108, 151, 337), 0.8, 3),
    ((107, 9, 336), 0.5, 2),
    ((66, 107), 0.5, 1),
    ((336, 296), 0.5, 1),
    ((98, 206, 216, 212), 0.8, 1),
    ((327, 426, 436, 432), 0.8, 1),
    ((130, 226, 113), 0.7, 3),
    ((33, 226, 31, 228), 0.6, 3),
    ((359, 446, 342), 0.7, 3),
    ((263, 446, 261, 448), 0.6, 3),
    ((133, 232, 231, 230), 0.6, 2),
    ((362, 452, 451, 450), 0.6, 2),
    ((61, 43, 202), 0.6, 1),
    ((291, 273, 422), 0.6, 1),
)
"""Where faces fold with age: the mesh points of a line, how deep, and how many side by side."""
LIPS = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146)
_MOUTH = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95)
_JAW = (
    *(93, 132, 58, 172, 136, 150, 149, 176, 148, 152),
    *(377, 400, 378, 379, 365, 397, 288, 361, 323),
)
OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
_BEARDS = {
    "stubble": (*_JAW, 427, 426, 327, 2, 98, 206, 207),
    "full": (*_JAW, 435, 434, 436, 426, 327, 2, 98, 206, 216, 214, 215),
    "goatee": (216, 206, 98, 2, 327, 426, 436, 434, 379, 152, 150, 214),
    "moustache": (216, 206, 98, 2, 327, 426, 436, 291, 0, 61),
    "chin": (*_JAW, 434, 335, 17, 106, 214),
}
LIDS = (
    (33, 246, 161, 160, 159, 158, 157, 173, 133, 190, 56, 28, 27, 29, 30, 247),
    (263, 466, 388, 387, 386, 385, 384, 398, 362, 414, 286, 258, 257, 259, 260, 467),
)
UPPER_EDGES = (
    (33, 246, 161, 160, 159, 158, 157, 173, 133),
    (263, 466, 388, 387, 386, 385, 384, 398, 362),
)


def atlas_uv(uv: Floats) -> Floats:
    """[T, 2] texture coordinates of a photographed skin -> those of a painted one."""
    x, y = uv[:, 0] * PHOTOGRAPH, (1 - uv[:, 1]) * PHOTOGRAPH
    on_head = (x >= LEFT + 8) & (y >= TOP + 4)
    height, width = BOTTOM - TOP, RIGHT - LEFT + BODY_SIZE
    share = BODY_SIZE / PHOTOGRAPH
    u = np.where(on_head, x - LEFT, RIGHT - LEFT + x * share) / width
    v = 1 - np.where(on_head, y - TOP, y * share) / height
    return np.stack([u, v], 1).astype(np.float32)


@cache
def uv_of_points() -> Floats:
    """[468, 2] where each mesh point lies in the skin's texture coordinates."""
    body = load_body()
    of_vertex: dict[int, int] = {}
    for face, corners in zip(body.skin.faces.tolist(), body.skin.uv_faces.tolist(), strict=True):
        of_vertex.update(zip(face, corners, strict=True))
    index = np.vectorize(of_vertex.__getitem__)(body.triples)
    return np.einsum("pac,pa->pc", body.skin.uv[index], body.weights).astype(np.float32)


@cache
def uv_pixels() -> Floats:
    """[468, 2] the mesh points in pixels of the head's texture."""
    uv = uv_of_points()
    return np.stack([uv[:, 0] * PHOTOGRAPH - LEFT, (1 - uv[:, 1]) * PHOTOGRAPH - TOP], 1)


@cache
def scalp_mask() -> Floats:
    """[H, W] where hair grows on the head: 1 on the scalp, soft at the hairline."""
    points = uv_pixels()
    forehead, ear_left, ear_right = points[10], points[454], points[234]
    outline = np.array(
        [
            (0, 0),
            (700, 0),
            (620, ear_left[1] - 190),
            (ear_left[0] + 90, ear_left[1] - 120),
            (ear_left[0] - 40, ear_left[1] - 60),
            (forehead[0] + 10, ear_left[1] + 70),
            (forehead[0] - 75, forehead[1] - 120),
            (forehead[0] - 62, forehead[1]),
            (forehead[0] - 75, forehead[1] + 120),
            (forehead[0] + 10, ear_right[1] - 70),
            (ear_right[0] - 40, ear_right[1] + 60),
            (ear_right[0] + 90, ear_right[1] + 120),
            (620, ear_right[1] + 190),
            (700, 1400),
            (0, 1400),
        ]
    )
    mask = np.zeros((BOTTOM - TOP, RIGHT - LEFT), np.float32)
    cv2.fillPoly(mask, [outline.round().astype(np.int32)], 1.0)
    for ear in _EARS:
        cv2.ellipse(mask, ear, (74, 66), 0, 0, 360, 0.0, -1)
    return blurred(mask, 12)


@cache
def beard_mask(kind: str) -> Floats:
    """[H, W] where a kind of beard grows."""
    mask = np.zeros((BOTTOM - TOP, RIGHT - LEFT), np.float32)
    points = uv_pixels()[list(_BEARDS[kind])].copy()
    if kind in ("stubble", "full", "chin"):
        points[: len(_JAW), 0] += 22  # a little below the jaw
    cv2.fillPoly(mask, [points.round().astype(np.int32)], 1.0)
    return blurred(mask, 8) * (1 - polygon(LIPS, blur=3))


@cache
def polygon(points: tuple[int, ...], *, blur: float) -> Floats:
    """[H, W] the area inside mesh points, its edge blurred by so many pixels."""
    mask = np.zeros((BOTTOM - TOP, RIGHT - LEFT), np.float32)
    cv2.fillPoly(mask, [uv_pixels()[list(points)].round().astype(np.int32)], 1.0)
    return blurred(mask, blur) if blur else mask


@cache
def hull(points: tuple[int, ...], *, grow: int, blur: float = 6) -> Floats:
    """[H, W] the hull of mesh points, grown by so many pixels."""
    mask = np.zeros((BOTTOM - TOP, RIGHT - LEFT), np.float32)
    around = cv2.convexHull(uv_pixels()[list(points)].round().astype(np.int32))
    cv2.fillPoly(mask, [around], 1.0)
    cv2.polylines(mask, [around], True, 1.0, 2 * grow)
    return blurred(mask, blur)


@cache
def lips_mask() -> Floats:
    return polygon(LIPS, blur=2) * (1 - polygon(_MOUTH, blur=1))


@cache
def line_through(points: tuple[int, ...]) -> Floats:
    """[H, W] a thin line through mesh points."""
    line = np.zeros((BOTTOM - TOP, RIGHT - LEFT), np.float32)
    cv2.polylines(line, [uv_pixels()[list(points)].round().astype(np.int32)], False, 1.0, 3)
    return blurred(line, 1.2)
