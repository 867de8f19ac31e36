"""A folder of people's clips -> shards of face crops and a report."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

from ...errors import InputError
from ...host import Host, Spread
from ...locks import only_run
from ...models.sets import LoadedSet
from .clip import ClipCrops
from .ledger import Ledger
from .report import PrepareReport, make_report, write_outcome
from .scan import ClipPath, Scan, find_clips
from .settings import PrepareSettings, claim_folder
from .workers import Clipper, clipper_of, spread_out
from .writer import SHARD_BYTES, ShardWriter


def prepare_clips(
    folder: Path,
    out: Path,
    *,
    models: LoadedSet,
    host: Host,
    settings: PrepareSettings,
    insight_root: Path | None = None,
    workers: int = 0,
    spread: Spread | None = None,
    shard_bytes: int = SHARD_BYTES,
) -> PrepareReport:
    """Prepare what `out` does not hold yet, and write the report and the index.

    workers: processes of their own, 0 = this one; spread: other workers instead of those, which
    must find the same files under the same names; the result is the same. The host is told of each
    clip that is done, and asked at each frame whether to stop. Whatever ends the run early, the
    clips done so far stay, and the same call goes on with the others; only a run that is killed
    loses the shard it was filling.
    Raises InputError for a folder without clips, one begun with other settings, or where no clip
    was usable; OutputError where the shards cannot be written.
    """
    scan = find_clips(folder, skip=out)
    clipper = Clipper.on(host, models, settings, insight_root=insight_root)
    claim_folder(out, settings)
    with only_run(out, "shards"):
        todo = partial(_spread, clipper, host, workers=workers, spread=spread)
        report = _prepare(scan, clipper, host, out, crops_of=todo, shard_bytes=shard_bytes)
    if not report.frames:
        raise InputError(f"no clip of {folder} is usable; {out / 'report.md'} says why")
    return report


def _spread(
    clipper: Clipper,
    host: Host,
    clips: Sequence[ClipPath],
    *,
    workers: int,
    spread: Spread | None,
) -> Generator[ClipCrops, None, None]:
    """What becomes of each clip, in order."""
    if spread is not None:
        start = partial(
            clipper_of,
            clipper.models.folder.resolve(),
            clipper.settings,
            clipper.insight_root,
            str(clipper.device),
        )
        clips = [replace(clip, path=clip.path.resolve()) for clip in clips]
        return _until_stopped(spread(start, clips), host)
    return spread_out(clipper, clips, workers) if workers else (clipper(clip) for clip in clips)


def _until_stopped(
    results: Generator[ClipCrops, None, None], host: Host
) -> Generator[ClipCrops, None, None]:
    """Workers far away ask nobody whether to stop."""
    with closing(results):
        for crops in results:
            yield crops
            host.check_interrupt()


def _prepare(
    scan: Scan,
    clipper: Clipper,
    host: Host,
    out: Path,
    *,
    crops_of: Callable[[Sequence[ClipPath]], Generator[ClipCrops, None, None]],
    shard_bytes: int,
) -> PrepareReport:
    """What `out` does not hold yet, in a folder that is this run's alone."""
    ledger = Ledger.read(out)
    todo = [clip for clip in scan.clips if not ledger.is_done(clip.name)]
    total, unfinished = len(scan.clips), len(todo)
    host.progress(total - unfinished, total)
    writer = ShardWriter(out, ledger, shard_bytes=shard_bytes)
    results = crops_of(todo)
    try:
        with host.on_device(clipper.models.detector_networks, 0), closing(results):
            for crops in results:
                writer.add(crops)
                unfinished -= 1
                host.progress(total - unfinished, total)
    finally:
        writer.flush()
        report = make_report(
            ledger, strays=scan.strays, passed_over=scan.passed_over, unfinished=unfinished
        )
        write_outcome(out, ledger, clipper.settings, report)
    return report
