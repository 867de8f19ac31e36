"""A folder of people's clips -> shards of face crops and a report."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from ...errors import InputError
from ...host import Host
from ...locks import only_run
from ...models.sets import LoadedSet
from .ledger import Ledger
from .report import PrepareReport, make_report, write_outcome
from .scan import Scan, find_clips
from .settings import PrepareSettings, claim_folder
from .workers import Clipper, spread_out
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
    shard_bytes: int = SHARD_BYTES,
) -> PrepareReport:
    """Prepare what `out` does not hold yet, and write the report and the index.

    workers: processes of their own, 0 = this one; the result is the same. The host is told of each
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
        report = _prepare(scan, clipper, host, out, workers=workers, shard_bytes=shard_bytes)
    if not report.frames:
        raise InputError(f"no clip of {folder} is usable; {out / 'report.md'} says why")
    return report


def _prepare(
    scan: Scan, clipper: Clipper, host: Host, out: Path, *, workers: int, shard_bytes: int
) -> PrepareReport:
    """What `out` does not hold yet, in a folder that is this run's alone."""
    ledger = Ledger.read(out)
    todo = [clip for clip in scan.clips if not ledger.is_done(clip.name)]
    total, unfinished = len(scan.clips), len(todo)
    host.progress(total - unfinished, total)
    writer = ShardWriter(out, ledger, shard_bytes=shard_bytes)
    results = spread_out(clipper, todo, workers) if workers else (clipper(clip) for clip in todo)
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
