"""Downloads are whole or not there: resumed, checked by SHA-256, and explained when they cannot be had."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest

from assistant.errors import UsageError
from assistant.models.download import wanted_model
from tests.assistant.models.gguf_files import gguf, tensor
from tests.fakes.local_hub import COMMIT, LocalHub
from tests.fakes.wizard_command import COMMAND, environment, wizard

NAME = "someone/small-GGUF/small-q4_k_m.gguf"
SMALL = gguf()
# Larger than the 10 MB in which the hub's client takes a body.
BIG = gguf(tensors=(tensor("w", (1024, 1024, 6)),), data=bytes(1024 * 1024 * 6 * 4))


def pull(hub: LocalHub, name: str = NAME) -> subprocess.CompletedProcess[str]:
    return wizard("models", "pull", name, env=hub_environment(hub))


def hub_environment(hub: LocalHub) -> dict[str, str]:
    return environment(HF_ENDPOINT=hub.url, HF_HUB_OFFLINE=None, HF_HUB_DISABLE_XET="1")


def models_folder(home: Path) -> Path:
    return home / "data" / "models"


def left_over(home: Path) -> list[str]:
    return sorted(path.name for path in models_folder(home).glob(".*") if "registry" not in path.name)


def test_model_is_fetched_checked_registered_and_chosen(home: Path) -> None:
    with LocalHub({NAME: SMALL}).running() as hub:
        done = pull(hub)
        again = pull(hub)
    assert done.returncode == 0, done.stderr
    assert (models_folder(home) / "small-q4_k_m.gguf").read_bytes() == SMALL
    registry = json.loads((models_folder(home) / "registry.json").read_text())
    assert registry["chosen"] == "small-q4_k_m"
    assert registry["models"]["small-q4_k_m"]["origin"] == f"hub:{NAME}@{COMMIT}"
    assert left_over(home) == [] and done.stdout == ""
    assert again.returncode == 0 and "here already" in again.stderr and hub.bodies == 1


def test_file_of_the_same_name_from_elsewhere_pushes_nothing_aside(home: Path) -> None:
    other = gguf({"general.name": "other"})
    with LocalHub({NAME: SMALL, "other/repo/small-q4_k_m.gguf": other}).running() as hub:
        assert pull(hub).returncode == 0
        done = pull(hub, "other/repo/small-q4_k_m.gguf")
    assert done.returncode == 0 and "other-repo-small-q4_k_m is at" in done.stderr
    assert (models_folder(home) / "small-q4_k_m.gguf").read_bytes() == SMALL
    assert (models_folder(home) / "other-repo-small-q4_k_m.gguf").read_bytes() == other


def test_ctrl_c_keeps_what_has_been_fetched(home: Path) -> None:
    with LocalHub({NAME: BIG}, stall_after=12_000_000).running() as hub:
        child = subprocess.Popen(
            [*COMMAND, "models", "pull", NAME], env=hub_environment(hub), stderr=subprocess.PIPE, text=True
        )
        part = models_folder(home) / ".small-q4_k_m.gguf.part"
        deadline = time.monotonic() + 30
        while not (part.exists() and part.stat().st_size) and time.monotonic() < deadline:
            time.sleep(0.05)
        child.send_signal(signal.SIGINT)
        said = child.communicate(timeout=20)[1]
    assert child.returncode == 130 and "what has been fetched is kept" in said and "Traceback" not in said
    assert part.stat().st_size > 1_000_000


def test_download_killed_half_way_goes_on_where_it_stopped(home: Path) -> None:
    with LocalHub({NAME: BIG}, stall_after=12_000_000).running() as hub:
        first = subprocess.Popen([*COMMAND, "models", "pull", NAME], env=hub_environment(hub), stderr=subprocess.PIPE)
        part = models_folder(home) / ".small-q4_k_m.gguf.part"
        deadline = time.monotonic() + 30
        while not (part.exists() and part.stat().st_size) and time.monotonic() < deadline:
            time.sleep(0.05)
        first.send_signal(signal.SIGKILL)
        first.communicate()
        have = part.stat().st_size
        assert have > 1_000_000 and not (models_folder(home) / "small-q4_k_m.gguf").exists()
        done = pull(hub)
    assert done.returncode == 0, done.stderr
    assert "going on after" in done.stderr
    assert hub.ranges[-1] == f"bytes={have}-"
    assert (models_folder(home) / "small-q4_k_m.gguf").read_bytes() == BIG
    assert left_over(home) == []


def test_connection_that_breaks_off_is_taken_up_again_at_once(home: Path) -> None:
    with LocalHub({NAME: BIG}, break_after=12_000_000).running() as hub:
        done = pull(hub)
    assert done.returncode == 0, done.stderr
    assert hub.bodies == 2 and hub.ranges[1].startswith("bytes=")
    assert (models_folder(home) / "small-q4_k_m.gguf").read_bytes() == BIG


def test_wrong_checksum_is_refused_and_nothing_kept(home: Path) -> None:
    with LocalHub({NAME: SMALL}, sha256="0" * 64).running() as hub:
        done = pull(hub)
    assert done.returncode == 1 and "SHA-256" in done.stderr and "Traceback" not in done.stderr
    assert sorted(path.name for path in models_folder(home).glob("*.gguf")) == [] and left_over(home) == []


def test_damaged_part_from_before_is_found_by_the_checksum(home: Path) -> None:
    folder = models_folder(home)
    folder.mkdir(parents=True)
    (folder / ".small-q4_k_m.gguf.part").write_bytes(b"x" * 100)
    with LocalHub({NAME: SMALL}).running() as hub:
        assert pull(hub).returncode == 1
        assert pull(hub).returncode == 0
    assert (folder / "small-q4_k_m.gguf").read_bytes() == SMALL


def test_file_that_is_no_gguf_is_refused(home: Path) -> None:
    with LocalHub({NAME: b"<html>please log in</html>" * 9}).running() as hub:
        done = pull(hub)
    assert done.returncode == 1 and "does not begin as a GGUF" in done.stderr
    assert list(models_folder(home).glob("*.gguf")) == []


def test_repository_without_a_file_name_gives_its_best_suited_one(home: Path) -> None:
    files = {f"someone/small-GGUF/{name}": SMALL for name in ("a-Q8_0.gguf", "a-Q4_K_M.gguf", "readme.md")}
    with LocalHub(files).running() as hub:
        done = pull(hub, "someone/small-GGUF")
    assert done.returncode == 0, done.stderr
    assert (models_folder(home) / "a-Q4_K_M.gguf").exists()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("someone/small-GGUF/other.gguf", "has no file other.gguf"),
        ("nobody/nothing/x.gguf", "no public repository"),
    ],
)
def test_what_the_hub_does_not_have_is_one_sentence(home: Path, name: str, words: str) -> None:
    with LocalHub({NAME: SMALL}).running() as hub:
        done = pull(hub, name)
    assert done.returncode == 1 and words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_gated_repository_says_how_to_log_in(home: Path) -> None:
    with LocalHub({NAME: SMALL}, gated=True).running() as hub:
        done = pull(hub)
    assert done.returncode == 1 and "hf auth login" in done.stderr


def test_no_network_says_how_to_bring_a_gguf_along(home: Path) -> None:
    env = environment(HF_ENDPOINT="http://127.0.0.1:9", HF_HUB_OFFLINE=None)
    for variables in (env, env | {"HF_HUB_OFFLINE": "1"}):
        done = wizard("models", "pull", "qwen2.5-coder-1.5b", env=variables)
        assert done.returncode == 1 and "wizard-tui models add FILE.gguf" in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1


def test_full_disk_is_told_before_a_byte_is_fetched(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil
    from collections import namedtuple

    from assistant.errors import AssistantError
    from assistant.ground.progress import Progress
    from assistant.models import download

    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 10**9, 5))
    remote = download._Remote("http://127.0.0.1:9/x", COMMIT, 10**9, "")
    with pytest.raises(AssistantError, match=r"needs 1\.0 GB and the disk has 5 B free"):
        download._fetch(tmp_part(home), remote, Progress("none"), download.Wanted("x", "a/b", "x.gguf"))


def tmp_part(home: Path) -> Path:
    return home / ".x.gguf.part"


@pytest.mark.parametrize("name", ["qwen", "../x/y.gguf", "a/b/c.bin", "a/../../b.gguf", "", "a//b.gguf", "\x1b[31m/x"])
def test_what_is_no_model_name_is_wrong_usage(name: str) -> None:
    with pytest.raises(UsageError):
        wanted_model(name)


def test_catalogue_name_and_hub_name_are_understood() -> None:
    assert wanted_model("Qwen2.5-Coder-7B").file == "Qwen2.5-Coder-7B-Instruct-Q4_K_M.gguf"
    assert wanted_model("a/b/dir/C d.gguf").name == "C-d"
