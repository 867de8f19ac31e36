"""The shortest way from files to a file, for programs that use the library."""

from __future__ import annotations

from pathlib import Path

from ..host import Host, LocalHost
from ..models.sets import LoadedSet, load_set
from .clip import ClipJob, ClipRequest
from .missing import DrivingReport
from .options import ReenactOptions


def animate(
    source: Path | str,
    driving: Path | str,
    out: Path | str,
    *,
    models: LoadedSet | None = None,
    host: Host | None = None,
    options: ReenactOptions | None = None,
    limit: int | None = None,
) -> DrivingReport:
    """Draw the person of a picture with the head pose and expression of each driving frame.

    source, driving, out, limit: as of `ClipRequest`, which has more. models: the starter set if
    None. host: the first GPU, else the processor, if None. Returns what became of the driving
    frames. Raises InputError, NoFaceError, ModelError or OutputError that name the file or frame.
    """
    request = ClipRequest(
        Path(source), Path(driving), Path(out), options=options or ReenactOptions(), limit=limit
    )
    job = ClipJob(request, models or load_set("starter"))
    job.run(host or LocalHost())
    return job.report
