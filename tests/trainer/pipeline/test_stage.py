"""When a stage may be skipped: by the contents of its inputs, its words, and what it made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from assistant.errors import NothingProduced
from assistant.ground.progress import Progress
from trainer.pipeline.code_version import code_hash, meaning
from trainer.pipeline.course import Course
from trainer.pipeline.plan import Plan
from trainer.pipeline.sources import Sources
from trainer.pipeline.stage import Out, Stage, Word, content_hash, done_by_other_code, finished, mark_finished
from trainer.pipeline.stages import evolve


def make(tmp_path: Path, text: str = "one", option: str = "1") -> Stage:
    seeds = tmp_path / "seeds.json"
    seeds.write_text(text, encoding="utf-8")
    return Stage("evolve", "trainer.cli", ("evolve", seeds, "-o", Out("out.jsonl"), "--rounds", option))


def test_the_digest_follows_contents_and_words_and_not_places(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = make(tmp_path / "a").digest()
    assert make(tmp_path / "b").digest() == first
    assert make(tmp_path / "b", option="2").digest() != first
    assert make(tmp_path / "b", text="two").digest() != first


def test_words_do_not_run_into_each_other(tmp_path: Path) -> None:
    one = Stage("s", "trainer.cli", ("ab", "c"))
    assert (
        one.digest() != Stage("s", "trainer.cli", ("a", "bc")).digest() != Stage("s", "trainer.cli", ("abc",)).digest()
    )


def test_a_stage_is_done_while_what_it_made_is_what_it_was(tmp_path: Path) -> None:
    stage = make(tmp_path)
    assert finished(stage, tmp_path) is None
    (tmp_path / "out.jsonl").write_text("rows", encoding="utf-8")
    mark_finished(stage, tmp_path, 3.0)
    done = finished(stage, tmp_path)
    assert done is not None and done.skipped and done.seconds == 3.0
    (tmp_path / "out.jsonl").write_text("torn", encoding="utf-8")
    assert finished(stage, tmp_path) is None
    (tmp_path / "out.jsonl").unlink()
    assert finished(stage, tmp_path) is None


def test_what_other_code_made_is_told_and_taken_only_when_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = make(tmp_path)
    made = tmp_path / stage.folder_name
    made.mkdir()
    (made / "out.jsonl").write_text("rows", encoding="utf-8")
    mark_finished(stage, made, 1.0)
    assert done_by_other_code(make(tmp_path, option="2"), tmp_path) is None
    monkeypatch.setattr("trainer.pipeline.stage.code_hash", lambda _command: "other code")
    assert stage.folder_name != made.name
    with Progress("none") as silent:
        assert Course(tmp_path, silent, any_version=True).take(stage).folder == made
        monkeypatch.setattr(
            "trainer.pipeline.course.run_child", lambda *_: (_ for _ in ()).throw(RuntimeError("again"))
        )
        with pytest.raises(RuntimeError, match="again"):
            Course(tmp_path, silent).take(stage)


def test_code_counts_and_words_about_it_do_not(tmp_path: Path) -> None:
    file = tmp_path / "room.py"
    meanings = []
    for text in (
        'def f(a):\n    """Words."""\n    return a\n',
        "# other words\ndef f(a):\n    return (a)\n",
        "def f(a):\n    return a + 1\n",
    ):
        file.write_text(text, encoding="utf-8")
        meanings.append(meaning(file))
    assert meanings[0] == meanings[1] != meanings[2]
    hashes = [code_hash(command) for command in ("evolve", "finetune", "evaluate", "run")]
    assert len(set(hashes)) == 4 and code_hash("models") == ""


def test_a_damaged_mark_is_no_mark(tmp_path: Path) -> None:
    stage = make(tmp_path)
    (tmp_path / "out.jsonl").write_text("rows", encoding="utf-8")
    for text in ("", "{", "[]", '{"outputs": 3, "seconds": 1}', '{"seconds": 1}', "null"):
        (tmp_path / "done.json").write_text(text, encoding="utf-8")
        assert finished(stage, tmp_path) is None


def test_a_checkpoint_is_its_weights_and_settings_and_not_its_diary(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    before = content_hash(tmp_path)
    (tmp_path / "metrics.jsonl").write_text("{}", encoding="utf-8")
    (tmp_path / "checkpoints").mkdir()
    assert content_hash(tmp_path) == before
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    assert content_hash(tmp_path) != before


def test_paths_in_toml_words_are_quoted(tmp_path: Path) -> None:
    odd = tmp_path / 'a "b" \\c'
    odd.write_text("x", encoding="utf-8")
    word = Word(("data.train=[", odd, ", ", Out("x"), "]"), quoted=True)
    import tomllib

    rendered = word.render(tmp_path).partition("=")[2]
    assert tomllib.loads(f"v = {rendered}")["v"] == [str(odd), str(tmp_path / "x")]


def test_a_stage_that_can_be_spared_may_make_nothing_new_and_is_not_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[str] = []

    def barren(stage: Stage, folder: Path, _log: Path, _progress: Progress) -> None:
        runs.append(stage.name)
        (folder / "out.jsonl").write_text("the seeds alone", encoding="utf-8")
        raise NothingProduced("the stage evolve failed", "no evolved task got through")

    monkeypatch.setattr("trainer.pipeline.course.run_child", barren)
    stage = make(tmp_path)
    with pytest.raises(NothingProduced, match="no evolved task"):
        Course(tmp_path / "strict", Progress("none")).take(stage)
    spared = replace(stage, spare=True)
    for _ in range(2):
        assert (Course(tmp_path / "run", Progress("none")).take(spared) / "out.jsonl").is_file()
    assert runs == ["evolve", "evolve"]


def test_an_evolution_can_be_spared_where_there_are_other_rows(tmp_path: Path) -> None:
    plan, sources = Plan(name="p"), Sources((), "starter", tmp_path, tmp_path, ())
    assert not evolve(plan, sources, 1).spare
    assert evolve(plan, replace(sources, rows=(tmp_path,)), 1).spare
