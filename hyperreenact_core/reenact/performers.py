"""One person of a clip with several, as frames and a detector that knows no one else."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from threading import Lock

from ..choices import FaceChoice
from ..face.detect import choose_face
from ..face.found import FaceLandmarks
from ..imaging import ImageU8
from .people import Scene


class SharedScenes:
    """The scenes of one clip for several readers, each of which gets all of them.

    A scene is kept until the slowest reader has taken it. Readers may run in different threads; an
    error of the clip comes to each of them, behind the scenes before it.
    """

    def __init__(self, scenes: Iterator[Scene]) -> None:
        self._scenes = scenes
        self._waiting: list[deque[Scene]] = []
        self._error: BaseException | None = None
        self._lock = Lock()

    def reader(self) -> Iterator[Scene]:
        """Another reader; all must be made before the first one reads."""
        own: deque[Scene] = deque()
        self._waiting.append(own)
        return self._read(own)

    def _read(self, own: deque[Scene]) -> Iterator[Scene]:
        while True:
            with self._lock:
                if not own:
                    self._read_on()
                if not own:
                    return
                scene = own.popleft()
            yield scene

    def _read_on(self) -> None:
        if self._error is not None:  # a generator that has failed only says that it is at its end
            raise self._error
        try:
            scene = next(self._scenes, None)
        except BaseException as error:
            self._error = error
            raise
        if scene is not None:
            for queue in self._waiting:
                queue.append(scene)


class Performer:
    """A detector that finds one person only, in order of the frames that it gives itself.

    choice: which of the faces, in the first frame that shows any; InputError, when that frame is
    searched, where it cannot be had.
    """

    def __init__(self, scenes: Iterator[Scene], choice: FaceChoice) -> None:
        self._scenes = scenes
        self._choice: FaceChoice = choice
        self._number: int | None = None
        self._ahead: deque[Scene] = deque()

    def frames(self) -> Iterator[ImageU8]:
        """The pictures; each is to be searched once, in this order."""
        for scene in self._scenes:
            self._ahead.append(scene)
            yield scene.picture

    def detect(self, frame: ImageU8) -> list[FaceLandmarks]:
        face = self._own(self._ahead.popleft())
        return [] if face is None else [face]

    def track(self, frame: ImageU8, previous: FaceLandmarks) -> FaceLandmarks | None:
        return self._own(self._ahead.popleft())

    def _own(self, scene: Scene) -> FaceLandmarks | None:
        if self._number is None:
            seen = [face for face in scene.faces if face is not None]
            height, width = scene.picture.shape[:2]
            chosen = choose_face(seen, self._choice, width=width, height=height)
            if chosen is None:
                return None
            self._number = next(at for at, face in enumerate(scene.faces) if face is chosen)
        return scene.faces[self._number]
