"""Headers read without HDF5, against HDF5."""

from __future__ import annotations

import io
from typing import Any

import h5py
import numpy as np
import pytest

from explorer3d.formats.hdf5_header import is_plain, plain_floats


def _file(**settings: Any) -> tuple[memoryview, dict[str, int]]:
    """A file with datasets of many kinds, and where their headers lie."""
    noise = np.random.default_rng(0)
    content = io.BytesIO()
    with h5py.File(content, "w", **settings) as file:
        for at in range(30):
            shape = tuple(int(size) for size in noise.integers(1, 5, noise.integers(0, 5)))
            file[f"plain/{at}"] = noise.normal(size=shape).astype(np.float32)
        some = noise.normal(size=(6, 7)).astype(np.float32)
        for kind in (">f4", "f2", "f8", "i4", "u1", "?"):
            file[f"other/{kind}"] = some.astype(kind)
        file["other/group/one"] = some.astype(np.int8)
        file.create_dataset("other/chunked", data=some, chunks=True)
        file.create_dataset("other/packed", data=some, compression="gzip")
        file.create_dataset("other/growing", data=some, maxshape=(None, 7))
        file.create_dataset("other/empty", (0, 3), "f4")
        file.create_dataset("other/unwritten", (2, 3), "f4")
        file.create_dataset("other/null", data=h5py.Empty("f4"))
        file["other/noted"] = some
        file["other/noted"].attrs["note"] = "x" * 100
        file["named"] = np.dtype(np.float32)
        file.create_dataset("other/of_named_type", data=some, dtype=file["named"])
        groups = {name: file[name].id for name in ("plain", "other")}
        addresses = {
            f"{group}/{name.decode()}": int(place.links.get_info(name).u)
            for group, place in groups.items()
            for name in place
        }
        offsets = {
            name: (file[name].shape, file[name].id.get_offset()) for name in addresses if "plain" in name
        }
    data = memoryview(content.getvalue())
    for name, expected in offsets.items():
        assert plain_floats(data, addresses[name]) == expected, name
    return data, addresses


def test_floats_in_one_piece_are_found_and_nothing_else() -> None:
    data, addresses = _file()
    assert is_plain(data)
    found = {name for name, address in addresses.items() if plain_floats(data, address) is not None}
    assert found == {f"plain/{at}" for at in range(30)}


@pytest.mark.parametrize("settings", [{"libver": "latest"}, {"userblock_size": 512}])
def test_files_of_another_make_are_left_to_hdf5(settings: dict[str, Any]) -> None:
    content = io.BytesIO()
    with h5py.File(content, "w", **settings) as file:
        file["one"] = np.zeros(3, np.float32)
    assert not is_plain(memoryview(content.getvalue()))


def test_no_damage_leads_out_of_the_file() -> None:
    noise = np.random.default_rng(1)
    whole, addresses = _file()
    starts = list(addresses.values())
    shapes = set()
    for _ in range(20000):
        data = bytearray(whole)
        address = starts[noise.integers(len(starts))]
        for _ in range(noise.integers(1, 4)):
            data[address + noise.integers(0, 120)] = noise.integers(0, 256)
        if noise.random() < 0.2:
            del data[address + noise.integers(0, 200) :]
        found = plain_floats(memoryview(data), address)
        if found is not None:
            shape, offset = found
            assert len(shape) <= 32
            assert 0 <= offset <= len(data) - 4 * np.prod(shape, dtype=object)
            shapes.add(shape)
    assert len(shapes) > 10
