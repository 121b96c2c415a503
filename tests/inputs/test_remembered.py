"""What is remembered comes back as it was, and is not trusted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from explorer3d.inputs import Generated, fingerprint, from_text, to_text


def test_there_and_back() -> None:
    preprocessing = {"mean": (0.1, 0.2, 0.3), "std": None, "bgr": True, "fit": "crop", "scale": 1 / 255}
    sizes = {"image": (1, 3, 64, 96)}
    made = Generated("impulse", (3, 4))
    assert from_text(to_text(preprocessing, sizes)) == (preprocessing, sizes, None)
    assert from_text(to_text(preprocessing, sizes, made)) == (preprocessing, sizes, made)
    assert from_text(to_text({}, {})) == ({}, {}, None)
    assert from_text('{"preprocessing": {"invert": true}, "sizes": {}}') == ({"invert": True}, {}, None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no JSON",
        "[" * 50_000,
        "[]",
        "null",
        '{"preprocessing": {}, "sizes": {}, "generated": "generator:plaid"}',
        '{"preprocessing": {}, "sizes": {}, "generated": 7}',
        '{"preprocessing": {}}',
        '{"preprocessing": [], "sizes": {}}',
        '{"preprocessing": {"colour": 1}, "sizes": {}}',
        '{"preprocessing": {"fit": "zoom"}, "sizes": {}}',
        '{"preprocessing": {"std": [0]}, "sizes": {}}',
        '{"preprocessing": {"scale": 1' + "0" * 400 + '}, "sizes": {}}',
        '{"preprocessing": {"invert": 1}, "sizes": {}}',
        '{"preprocessing": {"invert": true}, "sizes": [1]}',
        '{"preprocessing": {"invert": true}, "sizes": {"x": 3}}',
        '{"preprocessing": {"invert": true}, "sizes": {"x": [1.5]}}',
        '{"preprocessing": {"invert": true}, "sizes": {"x": [true]}}',
        json.dumps({"preprocessing": {"invert": True}, "sizes": {"x": [1] * 33}}),
        json.dumps({"preprocessing": {"invert": True}, "sizes": {"x" * 70_000: [1]}}),
    ],
)
def test_damaged_text_is_forgotten(text: str) -> None:
    assert from_text(text) == ({}, {}, None)


def test_a_file_is_known_by_its_ends_and_size(tmp_path: Path) -> None:
    content = bytes(range(256)) * 1000
    path = tmp_path / "net.onnx"
    path.write_bytes(content)
    first = fingerprint(path)
    moved = path.rename(tmp_path / "moved.onnx")
    assert fingerprint(moved) == first
    seen = {first}
    for change in (b"!" + content[1:], content[:-1] + b"!", content + b"!", b"", b"!"):
        path.write_bytes(change)
        seen.add(fingerprint(path))
    assert len(seen) == 6
