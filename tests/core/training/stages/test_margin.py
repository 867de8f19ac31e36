"""Cosine logits with an additive angular margin."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from hyperreenact_core.training.stages.margin import ArcFaceMargin


def head_with_two_classes() -> ArcFaceMargin:
    head = ArcFaceMargin(2, 2, margin=0.4, scale=10.0)
    with torch.no_grad():
        head.weight.copy_(torch.tensor([[2.0, 0.0], [0.0, 0.5]]))
    return head


def test_margin_is_added_to_the_own_angle_only() -> None:
    angle = 0.7
    embedding = torch.tensor([[math.cos(angle), math.sin(angle)]])
    logits = head_with_two_classes()(embedding, torch.tensor([0]))[0]
    expected = torch.tensor([10 * math.cos(angle + 0.4), 10 * math.sin(angle)])
    torch.testing.assert_close(logits, expected)


def test_without_labels_logits_are_scaled_cosines() -> None:
    logits = head_with_two_classes()(torch.tensor([[3.0, 4.0]]))[0]
    torch.testing.assert_close(logits, torch.tensor([6.0, 8.0]))


def test_own_logit_falls_over_the_whole_half_circle() -> None:
    angles = torch.linspace(0.0, math.pi, 200)
    embeddings = torch.stack([angles.cos(), angles.sin()], dim=1)
    own = head_with_two_classes()(embeddings, torch.zeros(200, dtype=torch.long))[:, 0]
    assert (own.diff() < 1e-5).all()


def test_gradient_is_finite_at_the_class_centre() -> None:
    head = head_with_two_classes()
    embedding = torch.tensor([[1.0, 0.0], [-1.0, 0.0]], requires_grad=True)
    F.cross_entropy(head(embedding, torch.tensor([0, 0])), torch.tensor([0, 0])).backward()
    assert embedding.grad is not None
    assert embedding.grad.isfinite().all()
    assert head.weight.grad is not None
    assert head.weight.grad.isfinite().all()


def test_stays_exact_under_autocast() -> None:
    head, embedding, label = head_with_two_classes(), torch.randn(5, 2), torch.zeros(5).long()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = head(embedding.bfloat16(), label)
    assert logits.dtype == torch.float32
