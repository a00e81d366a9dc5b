"""Lessons are kept with consent only, without secrets, for their owner only; found, deleted for good, and exported."""

from __future__ import annotations

import base64
import hashlib
import json
import stat
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from assistant.config import Config, load_config
from assistant.errors import AssistantError, NothingProduced
from assistant.ground import paths
from assistant.ground.secrets import masked
from assistant.lessons import Lesson, consent, record
from assistant.lessons.export import export, instruction_pairs, preference_pairs
from assistant.lessons.store import count, delete, delete_all, lesson, lessons
from trainer.evolve.files.seeds import read_seeds

ON = Config(lessons="on")
CHANGE = Lesson(
    kind="change",
    verdict="accepted",
    path="shop.py",
    language="python",
    instruction="use the real pi",
    before="import math\n",
    old="return 3 * r * r\n",
    after="\n",
    proposed="return math.pi * r * r\n",
    final="return math.pi * r * r\n",
)
KEY = "AKIA" + "IOSFODNN7EXAMPLQ"


def test_nothing_is_kept_without_consent() -> None:
    assert Config().lessons == "off"
    assert record(Config(), CHANGE) is None
    assert not paths.lessons_file().exists()


def test_consent_is_asked_once_and_kept_as_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    assert consent.is_to_be_asked(load_config())
    consent.answer(False)
    assert not consent.is_to_be_asked(load_config())
    assert load_config().lessons == "off"
    consent.answer(True)
    assert load_config().lessons == "on"


def test_an_answer_in_the_settings_is_no_question(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WIZARD_LESSONS", "off")
    assert not consent.is_to_be_asked(load_config())
    monkeypatch.delenv("WIZARD_LESSONS")
    (home / "config").mkdir(exist_ok=True)
    (home / "config" / "config.toml").write_text('lessons = "off"\n')
    assert not consent.is_to_be_asked(load_config())


def test_a_lesson_is_kept_for_its_owner_only_and_found_again() -> None:
    number = record(ON, CHANGE)
    assert number == 1
    assert stat.S_IMODE(paths.lessons_file().stat().st_mode) == 0o600
    assert lesson(1).lesson == CHANGE
    record(ON, replace(CHANGE, verdict="rejected", comment="too EXACT", path="other.py"))
    assert [row.id for row in lessons()] == [2, 1]
    assert [row.id for row in lessons("exact OTHER.py")] == [2]
    assert lessons("nowhere") == []
    with pytest.raises(AssistantError, match="there is no lesson 9"):
        lesson(9)


def test_secrets_never_reach_the_disk() -> None:
    password = "hunter2-and-more"
    record(ON, replace(CHANGE, old=f'key = "{KEY}"\n', final=f'password = "{password}"\n', comment="ask ada@corp.io"))
    kept = lesson(1).lesson
    assert (kept.old, kept.final, kept.comment) == ('key = "<AWS_KEY>"\n', 'password = "<SECRET>"\n', "ask <EMAIL>")
    data = b"".join(path.read_bytes() for path in paths.lessons_file().parent.glob("lessons.db*"))
    assert KEY.encode() not in data
    assert password.encode() not in data


def test_what_is_deleted_is_gone_from_the_disk() -> None:
    for word in ("alpha", "beta", "gamma"):
        record(ON, replace(CHANGE, final=f"find_{word}_here"))
    assert delete([row.id for row in lessons("find_beta_here")]) == 1
    assert b"find_beta_here" not in paths.lessons_file().read_bytes()
    assert b"find_alpha_here" in paths.lessons_file().read_bytes()
    assert delete([77]) == 0
    assert delete_all() == 2
    assert not paths.lessons_file().exists()
    assert count() == 0


def test_long_and_strange_texts_are_kept_as_far_as_they_go() -> None:
    record(ON, replace(CHANGE, before="x" * 100_000 + "end", proposed="y" * 100_000, comment="a\ud800b\x00c"))
    kept = lesson(1).lesson
    assert kept.before.endswith("end")
    assert 3700 < len(kept.before) <= 4000
    assert 19_700 < len(kept.proposed) <= 20_000
    assert kept.comment == "a?b\x00c"


def test_a_file_that_is_no_database_is_said() -> None:
    paths.lessons_file().write_text("no database " * 100)
    with pytest.raises(AssistantError, match="cannot use the lessons"):
        record(ON, CHANGE)


def test_instruction_pairs_are_seeds_of_the_trainer(tmp_path: Path) -> None:
    record(ON, CHANGE)
    record(ON, replace(CHANGE, verdict="rejected", final=CHANGE.old))
    record(ON, replace(CHANGE, kind="completion", verdict="edited", instruction="", old="", final="x = 1\n"))
    file = tmp_path / "pairs.jsonl"
    assert export(lessons(), file, "instructions") == 2
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    assert "use the real pi" in rows[0]["instruction"]
    assert rows[0]["response"] == "```python\nreturn math.pi * r * r\n```"
    assert "<HERE>" in rows[1]["instruction"]
    problems: list[str] = []
    assert len(list(read_seeds([file], problems.append))) == 2
    assert problems == []


def test_preference_pairs_set_what_was_preferred_against_what_was_not(tmp_path: Path) -> None:
    edited = replace(CHANGE, verdict="edited", final="return pi * r**2\n")
    rejected = replace(CHANGE, verdict="rejected", proposed="return 4\n", final=CHANGE.old, instruction="another wish")
    liked = replace(rejected, verdict="accepted", proposed="return 5\n", final="return 5\n")
    kept = []
    for number, one in enumerate((rejected, edited, liked, CHANGE), 1):
        record(ON, one)
        kept.append(lesson(number))
    pairs = list(preference_pairs(kept))
    assert [(p["chosen"], p["rejected"]) for p in pairs] == [
        ("```python\nreturn pi * r**2\n```", "```python\nreturn math.pi * r * r\n```"),
        ("```python\nreturn 5\n```", "```python\nreturn 4\n```"),
    ]
    assert len(list(instruction_pairs(kept))) == 3
    with pytest.raises(NothingProduced, match="none was edited"):
        export([kept[0]], tmp_path / "x.jsonl", "preferences")
    assert not (tmp_path / "x.jsonl").exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"aws = '{KEY}'", "<AWS_KEY>"),
        ("t = 'ghp_" + "a1B2" * 9 + "'", "<GITHUB_TOKEN>"),
        ("-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----", "<PRIVATE_KEY>"),
        ("postgres://ada:s3cret@db/x", "postgres://ada:<PASSWORD>@db/x"),
        ('DB_PASSWORD: "correct horse"', 'DB_PASSWORD: "<SECRET>"'),
        ("export API_KEY=abcdef123456", "export API_KEY=<SECRET>"),
        ("x = 'q9Zk3LmX0pVt7RbN2sWyHdJf5GcA8eUo'", "x = '<SECRET>'"),
        ("write to grace@navy.mil", "<EMAIL>"),
    ],
)
def test_secrets_are_masked_by_their_form(text: str, words: str) -> None:
    assert words in masked(text)


@pytest.mark.parametrize(
    "text",
    [
        'password = get_password("x")',
        'token = "your token here"',
        "def test_the_long_name_of_a_function_is_kept():",
        "x = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJ'",
        "mail to ada@example.com",
        "https://host:8080/path",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert masked(text) == text


@pytest.mark.parametrize("how", ["one", "all"])
def test_deleting_also_takes_what_learning_has_copied(how: str) -> None:
    number = record(ON, CHANGE)
    copies = paths.learning_folder("model") / "rows.jsonl", paths.cache_folder("tokens", "digest") / "ids.bin"
    for copy in copies:
        copy.write_text("what was kept")
    delete([number or 0]) if how == "one" else delete_all()
    assert not any(copy.exists() for copy in copies)


def test_no_part_of_a_private_key_is_kept_wherever_what_is_kept_begins_and_ends() -> None:
    body = [base64.b64encode(hashlib.sha512(bytes([n])).digest()[:48]).decode() for n in range(60)]
    key = ["-----BEGIN RSA PRIVATE KEY-----", *body, "-----END RSA PRIVATE KEY-----"]
    for cut in (0, 1, 2, 30, 45, len(key) - 1):
        head, tail = ("".join(f"{line}\n" for line in part) for part in (key[:cut], key[cut:]))
        before, after = "# padding\n" * 500 + head, tail + "# padding\n" * 500
        record(ON, replace(CHANGE, before=before[-4000:], after=after[:2000], proposed=tail, final=head))
        quoted = f'    "{body[9]}\\n"\n'
        record(ON, replace(CHANGE, before=before + tail, after=head, old=f"{body[7]}\n", proposed=quoted))
    kept = "\n".join("\n".join(asdict(one.lesson).values()) for one in lessons())
    assert not [line for line in body if line[8:40] in kept]


def test_half_a_token_at_the_edge_of_what_is_kept_is_left_out() -> None:
    token = "ghp_" + "a1B2c3D4e5" * 4
    for edge in range(3955, 4000, 3):
        before, after = f"x = '{token}'\n" + "y" * (edge - 30) + "\n", "z" * (edge - 2010) + f"\nx = '{token}'\n"
        record(ON, replace(CHANGE, before=before, after=after))
    texts = [one.lesson.before + one.lesson.after for one in lessons()]
    assert texts and not [text for text in texts if "a1B2" in text]
