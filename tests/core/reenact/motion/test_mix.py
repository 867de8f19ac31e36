import pytest
import torch

from hyperreenact_core.errors import InputError
from hyperreenact_core.heads.expression import action_index
from hyperreenact_core.reenact.keyframes import parse_keys
from hyperreenact_core.reenact.knobs import REGIONS
from hyperreenact_core.reenact.motion.mix import MIX_LIMITS, MotionMix, mix_motion
from tests.core.reenact.motion.performances import performance

JAW, LOOK = action_index("jawOpen"), action_index("eyeLookOutLeft")


def test_the_mouth_of_one_goes_with_the_eyes_of_the_other() -> None:
    first, second = performance(yaw=20, noise=0.05), performance(yaw=-20, noise=0.05, seed=1)
    mixed = mix_motion(first, second, MotionMix({"mouth": 1, "jaw": 1}))
    assert torch.equal(mixed.coefficients[:, JAW], second.coefficients[:, JAW])
    assert torch.equal(mixed.coefficients[:, LOOK], first.coefficients[:, LOOK])
    assert torch.allclose(mixed.rotation, first.rotation, atol=1e-6)
    assert torch.allclose(mixed.gaze, first.gaze, atol=1e-6)


def test_all_regions_of_the_second_are_the_second() -> None:
    first, second = performance(yaw=20), performance(yaw=-20, noise=0.05)
    mixed = mix_motion(first, second, MotionMix(dict.fromkeys(REGIONS, 1.0)))
    for name in ("rotation", "coefficients", "gaze", "place"):
        assert torch.allclose(getattr(mixed, name), getattr(second, name), atol=1e-6), name


def test_keyframes_lead_from_one_to_the_other() -> None:
    first, second = performance(25, yaw=20), performance(25, yaw=-20, noise=0.05)
    keys = parse_keys("0: all=0\n24: all=1, mouth=0", MIX_LIMITS, such_as="0: all=0")
    mixed = mix_motion(first, second, MotionMix(keys=keys))
    smile = action_index("mouthSmileLeft")
    assert torch.allclose(mixed.coefficients[0], first.coefficients[0])
    assert torch.allclose(mixed.coefficients[-1, JAW], second.coefficients[-1, JAW])
    assert torch.allclose(mixed.coefficients[:, smile], first.coefficients[:, smile])
    middle = (first.coefficients[12, JAW] + second.coefficients[12, JAW]) / 2
    assert torch.allclose(mixed.coefficients[12, JAW], middle, atol=1e-6)


@pytest.mark.parametrize(
    ("rule", "rows"),
    [
        ("hold", [0, 1, 2, 2, 2]),
        ("loop", [0, 1, 2, 0, 1]),
        ("shortest", [0, 1, 2]),
        ("stretch", [0, 0.5, 1, 1.5, 2]),
    ],
)
def test_the_length_rule_says_what_becomes_of_the_shorter(rule: str, rows: list[float]) -> None:
    first, second = performance(5), performance(3, noise=0.05)
    mixed = mix_motion(first, second, MotionMix(dict.fromkeys(REGIONS, 1.0), length=rule))
    own = second.coefficients
    wanted = torch.stack([(own[int(at)] + own[int(at + 0.5)]) / 2 for at in rows])
    assert torch.allclose(mixed.coefficients, wanted, atol=1e-6)
    assert len(mixed.time) == len(rows)


def test_a_longer_second_goes_on_at_the_firsts_rate() -> None:
    mixed = mix_motion(performance(3), performance(6), MotionMix())
    assert mixed.time.tolist() == pytest.approx([at / 25 for at in range(6)])


def test_mixes_that_cannot_be_made_say_why() -> None:
    with pytest.raises(InputError, match="mouth must lie"):
        MotionMix({"mouth": 2})
    with pytest.raises(InputError, match="hold, loop"):
        MotionMix(length="longest")
    with pytest.raises(InputError, match="line 1: 'nose' is none of head"):
        parse_keys("3: nose=1", MIX_LIMITS, such_as="0: all=0")
