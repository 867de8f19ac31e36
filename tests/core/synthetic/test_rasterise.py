"""The vectorised z-buffer against a slow one that tests every face at every pixel."""

import numpy as np

from hyperreenact_core.synthetic.rasterise import Fragments, rasterise

SIZE = 24


def _nothing(fragments: Fragments) -> np.ndarray:
    return np.zeros(len(fragments.face), np.float32)


def _draw(screen: np.ndarray, faces: np.ndarray, **options: object) -> tuple[Fragments, np.ndarray]:
    settings = {
        "size": SIZE,
        "two_sided": np.zeros(len(faces), bool),
        "cut": np.zeros(len(faces), bool),
        "recess": _nothing,
        **options,
    }
    return rasterise(screen.astype(np.float32), faces.astype(np.int32), **settings)


def _reference(screen: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """[SIZE, SIZE] index of the nearest face whose corners run clockwise in the picture, or -1."""
    nearest, seen = np.full((SIZE, SIZE), -np.inf), np.full((SIZE, SIZE), -1)
    for index, corners in enumerate(screen[faces]):
        matrix = np.column_stack([corners[:, 0], corners[:, 1], np.ones(3)]).T
        if np.linalg.det(matrix) >= 0:
            continue
        for row in range(SIZE):
            for column in range(SIZE):
                weights = np.linalg.solve(matrix, [column + 0.5, row + 0.5, 1])
                depth = weights @ corners[:, 2]
                if weights.min() >= 0 and depth > nearest[row, column]:
                    nearest[row, column], seen[row, column] = depth, index
    return seen


def test_same_faces_as_testing_every_pixel():
    rng = np.random.default_rng(0)
    screen = rng.uniform(-8, SIZE + 8, (36, 3))
    faces = np.arange(36).reshape(12, 3)
    fragments, away = _draw(screen, faces)
    seen = np.full(SIZE * SIZE, -1)
    seen[fragments.pixel] = fragments.face
    reference = _reference(screen, faces)
    assert (reference >= 0).mean() > 0.2
    np.testing.assert_array_equal(seen.reshape(SIZE, SIZE), reference)
    assert not away[fragments.face].any()


def test_weights_restore_the_pixel_centre():
    rng = np.random.default_rng(1)
    screen = rng.uniform(0, SIZE, (30, 3)).astype(np.float32)
    faces = np.arange(30).reshape(10, 3)
    fragments, _ = _draw(screen, faces, two_sided=np.ones(10, bool))
    assert len(fragments.pixel) > 50
    assert (np.diff(fragments.pixel) > 0).all()
    x = fragments.interpolate(screen[:, 0], faces.astype(np.int32))
    y = fragments.interpolate(screen[:, 1], faces.astype(np.int32))
    np.testing.assert_allclose(x, fragments.pixel % SIZE + 0.5, atol=2e-3)
    np.testing.assert_allclose(y, fragments.pixel // SIZE + 0.5, atol=2e-3)


def test_cut_faces_are_pushed_back_and_show_what_lies_behind():
    square = np.array([[0, 0], [0, SIZE], [SIZE, SIZE], [SIZE, 0]], float)
    front = np.column_stack([square, np.ones(4)])
    back = np.column_stack([square, np.zeros(4)])
    faces = np.array([[0, 1, 2], [0, 2, 3], [4, 5, 6], [4, 6, 7]])

    cut = np.array([True, True, False, False])
    for depth, shows_back in ((np.inf, True), (2.0, True), (0.5, False)):

        def recess(fragments: Fragments, depth: float = depth) -> np.ndarray:
            return np.where(fragments.pixel % SIZE < SIZE // 2, depth, 0)

        fragments, _ = _draw(np.concatenate([front, back]), faces, cut=cut, recess=recess)
        assert len(fragments.pixel) == SIZE * SIZE
        is_back = fragments.face >= 2
        left = fragments.pixel % SIZE < SIZE // 2
        np.testing.assert_array_equal(is_back, left & shows_back)


def test_a_hole_with_nothing_behind_stays_empty():
    screen = np.array([[0, 0, 0], [0, SIZE, 0], [SIZE, SIZE, 0]], float)
    fragments, _ = _draw(
        screen,
        np.array([[0, 1, 2]]),
        cut=np.array([True]),
        recess=lambda fragments: np.full(len(fragments.face), np.inf, np.float32),
    )
    assert len(fragments.pixel) == 0


def test_empty_and_flat_faces_are_skipped():
    screen = np.array([[1, 1, 0], [5, 5, 0], [9, 9, 0], [-9, -9, 0], [-9, -5, 0], [-5, -5, 0]])
    fragments, _ = _draw(
        screen.astype(float), np.array([[0, 1, 2], [3, 4, 5]]), two_sided=np.ones(2, bool)
    )
    assert len(fragments.pixel) == 0
