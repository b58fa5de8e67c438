"""Collections of datasketch signatures: read whole, asked as datasketch would estimate, kept as they were given."""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import article, edited
from datasketch import LeanMinHash, MinHash, MinHashLSH, WeightedMinHashGenerator

from dedup import Index, InputError, Params, ParamsError, StorageError
from dedup.integrations.datasketch import (
    EstimatedMatch,
    IndexWithSignatures,
    LoadTuning,
    Signatures,
    read_signatures,
)
from dedup.minhash import signature, to_datasketch

SCHEMES = ("affine32", "affine64", "legacy")
TEXTS = {f"old-{seed}": article(seed) for seed in range(12)}
EMPTY = "empty"


def signing(scheme: str, seed: int = 1, num_perm: int = 128) -> Any:
    """Return how a user may have signed texts: three words a shingle, SHA1."""

    def sign(text: str) -> MinHash:
        words = text.lower().split()
        minhash = MinHash(num_perm=num_perm, seed=seed, scheme=scheme)
        minhash.update_batch([" ".join(words[at : at + 3]).encode() for at in range(len(words) - 2)])
        return minhash

    return sign


def lsh_of(minhashes: dict[Any, Any], **given: Any) -> MinHashLSH:
    lsh = MinHashLSH(threshold=0.7, num_perm=len(next(iter(minhashes.values()))), **given)
    for key, minhash in minhashes.items():
        lsh.insert(key, minhash)
    return lsh


def serialised(minhash: MinHash) -> bytes:
    lean = LeanMinHash(minhash)
    buffer = bytearray(lean.bytesize())
    lean.serialize(buffer)
    return bytes(buffer)


def from_version_1(lsh: MinHashLSH) -> MinHashLSH:
    """Return what the pickle of datasketch 1 becomes: it did not know of schemes."""
    del lsh._minhash_scheme
    return pickle.loads(pickle.dumps(lsh))


COLLECTIONS = {
    "dict": dict,
    "pairs": lambda minhashes: iter(minhashes.items()),
    "lean": lambda minhashes: {key: LeanMinHash(minhash) for key, minhash in minhashes.items()},
    "bytes": lambda minhashes: {key: serialised(minhash) for key, minhash in minhashes.items()},
    "pickled": lambda minhashes: pickle.loads(pickle.dumps(minhashes)),
    "lsh": lsh_of,
    "lsh 1": lambda minhashes: from_version_1(lsh_of(minhashes)),
}


@pytest.mark.parametrize("kind", COLLECTIONS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_estimates_are_those_of_datasketch(tmp_path: Path, scheme: str, kind: str) -> None:
    sign = signing(scheme)
    minhashes = {id: sign(text) for id, text in TEXTS.items()}
    held = 126 if kind.startswith("lsh") else 128  # 14 bands of 9 rows
    with Signatures(tmp_path / "old", sign) as old:
        assert old.load(COLLECTIONS[kind](minhashes)) == (12, 0, 0)
        assert {*old.agreement(TEXTS).values()} == {1.0}
        assert (old.info()["scheme"], old.info()["n_values"]) == (scheme, held)
    with Signatures(tmp_path / "old", sign, mode="r") as old:
        for share in (0.0, 0.03, 0.1):
            copy = edited(TEXTS["old-3"], 1, share)
            values = sign(copy).hashvalues[:held]
            estimate = float((minhashes["old-3"].hashvalues[:held] == values).mean())
            found = old.query(copy)
            assert [(match.id, match.score) for match in found] == ([("old-3", estimate)] if estimate >= 0.7 else [])
        assert old.query(article(99)) == []


def test_what_an_estimate_says(tmp_path: Path) -> None:
    sign = signing("legacy")
    with Signatures(tmp_path / "old", sign) as old:
        old.load({"a": sign(TEXTS["old-1"])}, lambda key: {"published": "2020-05-01", "source": "Hill Press"})
        (match,) = old.query(TEXTS["old-1"], published="2020-05-02")
        assert isinstance(match, EstimatedMatch)
        assert (match.relation, match.score, match.measures) == ("near_duplicate", 1.0, {"resemblance": 1.0})
        assert (match.published, match.source, match.derived) == ("2020-05-01T00:00:00Z", "Hill Press", "new")
        assert 0 < match.error < 0.01
        assert old.query(TEXTS["old-1"], published="2020-04-30")[0].derived == "stored"
        assert old.query(TEXTS["old-1"], published="2020-05-01")[0].derived is None
        (near,) = old.query(edited(TEXTS["old-1"], 3, 0.02))
        assert near.error == pytest.approx((near.score * (1 - near.score) / 128) ** 0.5, rel=0.1)


def test_all_at_the_threshold_are_found_and_none_below(tmp_path: Path) -> None:
    """Bands find nearly all; matches are reported from the threshold on, by all values."""
    sign = signing("affine32")
    copies = {f"{seed}-{share}": edited(article(seed), share, share / 100) for seed in range(30) for share in range(12)}
    asked = {id: sign(text) for id, text in copies.items()}
    stored = {str(seed): sign(article(seed)) for seed in range(30)}
    truth = {(id, key) for id, one in asked.items() for key, other in stored.items() if one.jaccard(other) >= 0.7}
    with Signatures(tmp_path / "old", sign) as old:
        old.load(stored)
        answers = old.query_many([*copies.values()])
    found = {(id, match.id) for id, matches in zip(copies, answers, strict=True) for match in matches}
    assert len(truth) > 150
    assert found <= truth
    assert len(found) >= 0.98 * len(truth)


def test_signatures_made_by_dedup_need_no_sign(tmp_path: Path) -> None:
    def ours(text: str) -> MinHash:
        return to_datasketch(signature(text))

    lsh = lsh_of({id: ours(text) for id, text in TEXTS.items()})
    with Signatures(tmp_path / "old") as old:
        old.load(lsh)
        assert {*old.agreement(TEXTS).values()} == {1.0}
        copy = edited(TEXTS["old-5"], 2, 0.02)
        found = old.query(copy)
        assert [match.id for match in found] == ["old-5"]
        assert old.query("Too short to be found") == []
        assert old.query("") == []
    with Signatures(tmp_path / "old", ours) as old:  # the same by a callable
        assert old.query(copy) == found


def test_a_wrong_sign_is_reported(tmp_path: Path) -> None:
    with Signatures(tmp_path / "old") as old:
        old.load({id: signing("affine32")(text) for id, text in TEXTS.items()})  # not as dedup would sign them
        assert max(old.agreement(TEXTS).values()) < 0.2
        with pytest.raises(InputError, match="'x' is not among the signatures"):
            old.agreement({"x": "text"})
    for wrong, message in (
        (signing("affine32", seed=2), "seed 2"),
        (signing("legacy"), "scheme 'legacy'"),
        (signing("affine32", num_perm=256), "num_perm 256"),
    ):
        with Signatures(tmp_path / "old", wrong) as old, pytest.raises(ParamsError, match=message):
            old.query(TEXTS["old-1"])
    with Signatures(tmp_path / "old", lambda text: text) as old, pytest.raises(InputError, match="type str"):
        old.query(TEXTS["old-1"])
    with Signatures(tmp_path / "old", lambda text: None) as old:
        assert old.query(TEXTS["old-1"]) == []


def test_values_of_another_scheme_need_a_sign(tmp_path: Path) -> None:
    minhashes = {"a": signing("legacy")(TEXTS["old-1"])}
    with Signatures(tmp_path / "old") as old:
        with pytest.raises(ParamsError, match="scheme 'legacy', but no function to sign"):
            old.load(minhashes)
        assert len(old) == 0
        assert old.query(TEXTS["old-1"]) == []
    with Signatures(tmp_path / "old", signing("legacy")) as old:
        assert old.load(minhashes).added == 1
    with pytest.raises(ParamsError, match="no function to sign"):
        Signatures(tmp_path / "old")


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (signing("affine64"), "scheme 'affine64'"),
        (signing("affine32", seed=7), "seed 7"),
        (signing("affine32", num_perm=64), "num_perm 64"),
    ],
)
def test_a_folder_holds_one_kind(tmp_path: Path, other: Any, message: str) -> None:
    sign = signing("affine32")
    with Signatures(tmp_path / "old", sign) as old:
        with pytest.raises(InputError, match=message):
            old.load({"a": sign(TEXTS["old-1"]), "b": other(TEXTS["old-2"])})
        assert len(old) == 0
        old.load({"a": sign(TEXTS["old-1"])})
        with pytest.raises(InputError, match=message):
            old.load({"b": other(TEXTS["old-2"])})
        assert "b" not in old


def test_what_is_no_collection_is_refused() -> None:
    sign = signing("affine32")
    minhash = sign(TEXTS["old-1"])
    weighted = WeightedMinHashGenerator(4, 128).minhash([1, 2, 3, 4])
    for collection, message in (
        ("lsh.pickle", "type str"),
        ({"a": minhash.hashvalues}, "LeanMinHash\\(seed"),
        ({"a": weighted}, "WeightedMinHash"),
        ({"a": b"short"}, "not a LeanMinHash"),
        ([minhash], "pair of key and signature"),
        (lsh_of({"a": minhash}, hashfunc=lambda band: band[:4]), "hashes of the bands only"),
        (lsh_of({"a": weighted}), "weighted signatures"),
    ):
        with pytest.raises(InputError, match=message):
            [*read_signatures(collection)]
    with pytest.raises(ParamsError, match="scheme 'mersenne'"):
        [*read_signatures({}, scheme="mersenne")]


class Running:
    """A key that runs a program when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return os.mkdir, (str(self.path),)


def test_pickled_keys_run_nothing_unless_asked(tmp_path: Path) -> None:
    minhash = signing("affine32")(TEXTS["old-1"])
    plain = ["a", b"b", 3, 4.5, ("c", 7, None, True), "Zürich"]
    lsh = MinHashLSH(threshold=0.7, num_perm=128, prepickle=True)
    for key in plain:
        lsh.insert(key, minhash)
    assert {key for key, _ in read_signatures(lsh)} == {*plain}
    lsh.insert(Running(tmp_path / "was here"), minhash)
    with pytest.raises(InputError, match=r"class (posix|nt)\.mkdir.*allow_pickle=True"):
        [*read_signatures(lsh)]
    with Signatures(tmp_path / "old", signing("affine32")) as old:
        with pytest.raises(InputError, match="allow_pickle=True"):
            old.load(lsh, about=lambda key: {"id": str(key)})
        assert not (tmp_path / "was here").exists()
        assert old.load(lsh, lambda key: {"id": str(key)}, allow_pickle=True).added == 7
        assert (tmp_path / "was here").exists()
    lsh = MinHashLSH(threshold=0.7, num_perm=128, prepickle=True)
    lsh.insert("a", minhash)
    lsh.keys._dict[b"no pickle"] = next(iter(lsh.keys._dict.values()))
    with pytest.raises(InputError, match="cannot be unpickled"):
        [*read_signatures(lsh)]


def test_of_a_key_inserted_twice_the_later_signature_counts() -> None:
    sign = signing("affine32")
    lsh = lsh_of({"a": sign(TEXTS["old-1"])})
    lsh.insert("a", sign(TEXTS["old-2"]), check_duplication=False)
    ((key, read),) = read_signatures(lsh)
    assert key == "a"
    assert read.values.tolist() == sign(TEXTS["old-2"]).hashvalues[:126].tolist()


def test_keys_become_ids(tmp_path: Path) -> None:
    sign = signing("affine32")
    minhash = sign(TEXTS["old-1"])
    with Signatures(tmp_path / "old", sign) as old:
        old.load({7: minhash, "seven": minhash, b"sept": minhash})
        old.load({("a", 1): minhash}, lambda key: {"id": "-".join(map(str, key)), "data": {"n": 1}})
        assert all(id in old for id in ("7", "seven", "sept", "a-1"))
        for key, message in ((("a", 1), "about="), (True, "True"), (b"\xff", "xff"), ("", "empty id")):
            with pytest.raises(InputError, match=message):
                old.load({key: minhash})
        with pytest.raises(InputError, match="'text' about key"):
            old.load({"b": minhash}, lambda key: {"text": "no"})


def test_texts_without_shingles_are_passed_over(tmp_path: Path) -> None:
    for scheme in SCHEMES:
        sign = signing(scheme)
        with Signatures(tmp_path / scheme, sign) as old:
            assert old.load(lsh_of({EMPTY: sign(""), "a": sign(TEXTS["old-1"])})) == (1, 0, 1)
            assert EMPTY not in old
            assert old.query("two words") == []


def test_a_load_that_was_interrupted_is_repeated(tmp_path: Path) -> None:
    sign = signing("affine32")
    minhashes = {id: sign(text) for id, text in TEXTS.items()}

    def breaking() -> Iterator[tuple[str, MinHash]]:
        yield from [*minhashes.items()][:7]
        raise KeyboardInterrupt

    with Signatures(tmp_path / "old", sign, tuning=LoadTuning(block=5)) as old:
        with pytest.raises(KeyboardInterrupt):
            old.load(breaking())
        assert len(old) == 5
        assert old.load(minhashes) == (7, 5, 0)
        assert [match.id for match in old.query(TEXTS["old-11"])] == ["old-11"]


def test_runs_become_one_and_what_is_removed_goes(tmp_path: Path) -> None:
    tuning = LoadTuning(block=2, most_runs=3)
    sign = signing("affine64")
    minhashes = {id: sign(text) for id, text in TEXTS.items()}

    def found_ids() -> list[str]:
        return [match.id for matches in reader.query_many([*TEXTS.values()]) for match in matches]

    def about(key: str) -> dict[str, str]:
        return {"published": f"2020-01-{1 + int(key[4:]):02}"} if key != "old-0" else {}

    with (
        Signatures(tmp_path / "old", sign, tuning=tuning) as old,
        Signatures.open(tmp_path / "old", sign, mode="r") as reader,
    ):
        old.load([*minhashes.items()][:6], about)
        assert (old.info()["runs"], found_ids()) == (3, [*TEXTS][:6])
        old.load(minhashes, about)
        assert (reader.info()["runs"], found_ids()) == (1, [*TEXTS])
        assert len([*(tmp_path / "old" / "runs").iterdir()]) == 1
        assert old.remove("old-4")
        assert not old.remove("old-4")
        assert old.expire("2020-01-04") == 2  # not the one without a date
        left = ["old-0", "old-3", *(f"old-{n}" for n in range(5, 12))]
        assert found_ids() == left
        assert (len(reader), reader.info()["removed"], reader.info()["earliest"]) == (9, 3, "2020-01-04T00:00:00Z")
        old.compact()
        assert (found_ids(), reader.info()["removed"]) == (left, 0)
        old.load({"old-4": minhashes["old-4"]})
        assert sorted(found_ids()) == sorted([*left, "old-4"])
        old.expire("2030-01-01")
        old.remove("old-0")
        old.remove("old-4")
        old.compact()
        assert (found_ids(), len(old), old.info()["runs"]) == ([], 0, 0)


def test_one_writer_any_number_of_readers(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="holds no signatures"):
        Signatures(tmp_path / "old", mode="r")
    with Signatures(tmp_path / "old", params=Params(threshold=0.6)):
        with pytest.raises(StorageError, match="open for writing"):
            Signatures(tmp_path / "old")
        with Signatures(tmp_path / "old", mode="r") as reader:
            assert reader.info()["threshold"] == 0.6
            for refused in (lambda: reader.load({}), lambda: reader.remove("a"), reader.compact):
                with pytest.raises(StorageError, match="open for reading"):
                    refused()
        with pytest.raises(StorageError, match="closed"):
            reader.query("text")
    with pytest.raises(StorageError, match=r"made with threshold 0\.6; expected threshold 0\.7"):
        Signatures(tmp_path / "old", params=Params())
    Signatures(tmp_path / "old", threshold=0.6, bucket_limit=16).close()
    with pytest.raises(StorageError, match=r"made with threshold 0\.6; expected threshold 0\.8"):
        Signatures(tmp_path / "old", threshold=0.8)
    with pytest.raises(ParamsError, match="did you mean 'threshold'"):
        Signatures(tmp_path / "old", treshold=0.6)
    for given in ({"mode": "w"}, {"sign": "sign"}, {"path": 5}):
        with pytest.raises(ParamsError, match=r"mode 'w'|sign of type str|path of type int"):
            Signatures(**{"path": tmp_path / "old", **given})
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").touch()
    with pytest.raises(StorageError, match="holds 'file' but no signatures"):
        Signatures(tmp_path / "other")


def test_damage_is_reported(tmp_path: Path) -> None:
    with Signatures(tmp_path / "old", signing("affine32")) as old:
        old.load({"a": signing("affine32")(TEXTS["old-1"])})
    (run,) = (tmp_path / "old" / "runs").iterdir()
    run.write_bytes(run.read_bytes()[:-3])
    with pytest.raises(StorageError, match="damaged"):
        Signatures(tmp_path / "old")


@pytest.fixture
def both(tmp_path: Path) -> Iterator[IndexWithSignatures]:
    sign = signing("legacy")
    old = Signatures(tmp_path / "old", sign)
    old.load({id: sign(text) for id, text in TEXTS.items()}, lambda key: {"published": "2020-01-01"})
    with IndexWithSignatures(Index.open(tmp_path / "news.index", Params(level="near")), old) as both:
        yield both


def test_an_index_and_signatures_are_asked_together(both: IndexWithSignatures) -> None:
    copy = edited(TEXTS["old-2"], 1, 0.01)
    (first,) = both.add("new-1", copy, published="2021-01-01")
    assert (first.id, first.relation, first.is_copy, first.derived) == ("old-2", "near_duplicate", True, "new")
    assert [(match.id, match.relation) for match in both.query(copy)] == [
        ("new-1", "identical"),
        ("old-2", "near_duplicate"),
    ]
    batch = [{"id": "new-2", "text": TEXTS["old-3"], "data": 1}, {"id": "new-3", "text": TEXTS["old-3"].upper()}]
    answers = both.add_many(batch)
    assert [[match.id for match in matches] for matches in answers] == [["old-3"], ["new-2", "old-3"]]
    assert (len(both), "old-3" in both, "new-3" in both, "x" in both) == (15, True, True, False)
    assert (both.get("new-2").data, both.get("old-3")) == (1, None)


def test_old_documents_go_by_and_by(both: IndexWithSignatures) -> None:
    for known in ("old-1", "new-1"):
        if known == "new-1":
            both.add("new-1", article(50), published="2021-01-01")
        with pytest.raises(InputError, match=f"'{known}' is in the index already"):
            both.add(known, article(51))
    assert both.update("old-1", TEXTS["old-1"]).matches == ()  # not the copy of itself
    assert ("old-1" in both.signatures, "old-1" in both.index) == (False, True)
    assert [type(match) for match in both.query(TEXTS["old-1"])] != [EstimatedMatch]
    assert (both.remove("old-2"), both.remove("old-1"), both.remove("old-2")) == (True, True, False)
    assert both.expire("2020-06-01") == 10
    assert (len(both), len(both.signatures), "new-1" in both) == (1, 0, True)


def test_a_batch_that_is_refused_adds_nothing(both: IndexWithSignatures) -> None:
    for batch in (
        [{"id": "new", "text": "one"}, {"id": "old-1", "text": "two"}],
        [{"id": "new", "text": "one"}, {"id": "newer", "text": 2}],
        [{"id": "new", "text": "one"}, {"text": "two"}],
    ):
        with pytest.raises(InputError):
            both.add_many(batch)
        assert "new" not in both
    assert both.add_many([]) == []


def test_identical_is_not_what_signatures_tell(tmp_path: Path) -> None:
    index = Index.open(tmp_path / "index", Params(level="identical"))
    with index, Signatures(tmp_path / "old") as old, pytest.raises(ParamsError, match="level 'identical'"):
        IndexWithSignatures(index, old)


def test_datasketch_is_imported_late(tmp_path: Path) -> None:
    with Signatures(tmp_path / "old") as old:
        old.load({"a": to_datasketch(signature(TEXTS["old-1"]))})
    code = (
        "import sys\n"
        "from dedup.integrations.datasketch import Signatures\n"
        f"with Signatures({str(tmp_path / 'old')!r}, mode='r') as old:\n"
        f"    assert old.query({TEXTS['old-1']!r})[0].id == 'a'\n"
        "sys.exit('datasketch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.fixture
def redis_socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    pytest.importorskip("redis", reason="redis-py is not installed")
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed")
    folder = tmp_path_factory.mktemp("redis")
    socket = folder / "socket"
    command = [program, "--port", "0", "--unixsocket", socket, "--dir", folder, "--save", "", "--appendonly", "no"]
    server = subprocess.Popen([*map(str, command)], stdout=subprocess.DEVNULL)
    try:
        for _ in range(200):
            if socket.exists():
                break
            time.sleep(0.05)
        yield socket
    finally:
        server.terminate()
        server.wait()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_collection_on_redis(redis_socket: Path, tmp_path: Path, scheme: str) -> None:
    sign = signing(scheme)
    storage = {"type": "redis", "basename": b"old", "redis": {"unix_socket_path": str(redis_socket)}}
    minhashes = {id: sign(text) for id, text in TEXTS.items()}
    lsh = MinHashLSH(threshold=0.7, num_perm=128, storage_config=storage)
    with lsh.insertion_session() as session:
        for id, minhash in minhashes.items():
            session.insert(id, minhash)
    attached = MinHashLSH(threshold=0.7, num_perm=128, storage_config=storage)  # knows nothing of the scheme
    with Signatures(tmp_path / "old", sign) as old:
        assert old.load(attached) == (12, 0, 0)
        assert {*old.agreement(TEXTS).values()} == {1.0}
        assert [match.id for match in old.query(TEXTS["old-9"])] == ["old-9"]
    other = MinHashLSH(threshold=0.9, num_perm=128, storage_config=storage)
    with pytest.raises(InputError, match="another threshold"):
        [*read_signatures(other)]
