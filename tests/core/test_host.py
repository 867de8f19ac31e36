"""What a device multiplies in."""

from __future__ import annotations

import pytest
import torch

from hyperreenact_core.host import detail_dtype, multiplies_in

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _asked_anew() -> None:
    multiplies_in.cache_clear()


@pytest.mark.parametrize(
    ("able", "bfloat16", "float16"),
    [
        ({"avx2": True, "avx512_bf16": False}, False, False),
        ({"avx512_bf16": True}, True, False),
        ({"amx_bf16": True, "amx_fp16": True}, True, True),
    ],
)
def test_a_processor_is_asked_for_its_instructions(
    monkeypatch: pytest.MonkeyPatch, able: dict[str, bool], bfloat16: bool, float16: bool
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: able, raising=False)
    assert multiplies_in(CPU, torch.bfloat16) is bfloat16
    assert multiplies_in(CPU, torch.float16) is float16
    assert multiplies_in(CPU, torch.float32)


@pytest.mark.parametrize("able", [True, False])
def test_detail_takes_bfloat16_where_the_processor_multiplies_in_it(
    monkeypatch: pytest.MonkeyPatch, able: bool
) -> None:
    told = {"avx512_bf16": able}
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: told, raising=False)
    expected = torch.bfloat16 if able else torch.float32
    assert detail_dtype(CPU, torch.float32) == expected
    assert detail_dtype(CPU, torch.bfloat16) == torch.bfloat16


def test_where_torch_does_not_tell_float32_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert not multiplies_in(CPU, torch.bfloat16)
    assert multiplies_in(CPU, torch.float32)


def test_other_devices_are_taken_to_multiply_in_all() -> None:
    assert multiplies_in(torch.device("mps"), torch.float16)
