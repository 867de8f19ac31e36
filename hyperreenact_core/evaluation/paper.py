"""The figures the method was published with.

Source: Bounareli et al., "HyperReenact: One-Shot Reenactment via Jointly Learning to Refine and
Retarget Faces" (ICCV 2023), Table 1, and its figures for large poses; VoxCeleb1 test set. Judged
there with other networks than those of a set trained here: columns compare within one source.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SOURCE = (
    'Bounareli et al., "HyperReenact" (ICCV 2023), Table 1 and its figures for large poses, on the '
    "test part of VoxCeleb1"
)


@dataclass(frozen=True)
class PaperFigures:
    """One method. The first six are of self-reenactment, the next three of cross-subject.

    large_pose: CSIM, APD and AED where the mean Euler difference is over 15 degrees; None where
    the paper does not give them.
    """

    csim: float
    lpips: float
    fid: float
    fvd: float
    apd: float
    aed: float
    cross_csim: float
    cross_apd: float
    cross_aed: float
    large_pose: tuple[float, float, float] | None = None


PAPER: Mapping[str, PaperFigures] = {
    "X2Face": PaperFigures(0.70, 0.21, 25.6, 490, 1.3, 9.0, 0.57, 2.2, 16.4, (0.45, 3.1, 12.1)),
    "FOMM": PaperFigures(0.64, 0.27, 35.3, 523, 4.6, 12.6, 0.53, 10.9, 20.9),
    "Neural": PaperFigures(0.40, 0.42, 127, 617, 1.2, 8.8, 0.34, 1.8, 15.3),
    "Fast BL": PaperFigures(0.65, 0.41, 55.0, 706, 1.0, 7.6, 0.58, 1.4, 14.7, (0.44, 1.5, 9.0)),
    "PIR": PaperFigures(0.69, 0.23, 50.5, 545, 1.9, 9.7, 0.61, 2.4, 15.4),
    "LSR": PaperFigures(0.59, 0.26, 63.0, 484, 1.0, 7.5, 0.50, 1.5, 13.1, (0.48, 1.4, 8.5)),
    "FD": PaperFigures(0.65, 0.23, 19.0, 400, 1.0, 6.5, 0.49, 1.7, 10.2, (0.34, 2.7, 10.4)),
    "LIA": PaperFigures(0.64, 0.26, 31.7, 510, 4.7, 11.4, 0.57, 2.8, 15.7, (0.43, 3.0, 9.9)),
    "Dual": PaperFigures(0.26, 0.39, 46.5, 600, 3.4, 12.5, 0.19, 3.1, 16.9),
    "Rome": PaperFigures(0.69, 0.43, 39.2, 800, 1.5, 5.6, 0.63, 1.2, 8.8, (0.53, 1.1, 5.8)),
    "HyperReenact": PaperFigures(0.71, 0.23, 27.1, 480, 0.5, 5.1, 0.68, 0.5, 9.3, (0.58, 0.9, 6.2)),
}
