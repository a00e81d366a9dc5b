"""Secrets, near duplicates, verification in the sandbox, exports, previews: each check alone and in a run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.engine.api import GenerationRequest
from assistant.errors import UsageError
from assistant.ground.progress import Progress
from tests.fakes.scripted_generator import ScriptedGenerator, prompt_text, teacher
from trainer.evolve import run as run_module
from trainer.evolve.asking import Asking
from trainer.evolve.batch import Draft, Task
from trainer.evolve.checking import verify as verify_module
from trainer.evolve.checking.mutation import mutants
from trainer.evolve.checking.near_duplicates import NearDuplicates
from trainer.evolve.checking.verify import SandboxVerifier
from trainer.evolve.files.exports import export, parse_exports
from trainer.evolve.files.ledger import beside, read_rows
from trainer.evolve.files.masking import SecretMasker
from trainer.evolve.run import run
from trainer.evolve.settings import Settings
from trainer.evolve.tally import Tally
from trainer.records import Instruction, Seed, row_id

SECRETS = [
    'aws_key = "AKIAIOSFODNN7ABCDEFG"',
    'password = "hunter2!x"',
    "token: ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "Mail to jane.doe@acme.io",
    'url = "postgres://bob:s3cr3tpw@db.acme.io/x"',
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nabc\n-----END RSA PRIVATE KEY-----",
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    'checksum = "5d41402abc4b2a76b9719d911017c592"',
    "hf_AbCdEfGhIjKlMnOpQrStUvWxYz12345678",
    "Authorization: Bearer 8d7f6a5b4c3d2e1f0a9b8c7d6e5f4a3b",
    "export DB_PASSWORD=correcthorse9battery",
    "mysql -u root -pS3cretPw!",
    'secret_key = "django-insecure-9x@k2!q$z8w#r5t&y7u*i3o(p1a)s4d6f0g"',
    "curl https://acme.io -u admin:Sup3rS3cret",
    "api_key: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
]

HARMLESS = [
    "def f(token): return get_token(token)",
    'api_key = os.environ["KEY"]',
    "password = input('Password: ')",
    "for key, value in pairs.items():\n    print(key)",
    "write to user@example.com",
    "alphabet = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'",
    "@dataclass\nclass Point:\n    x: int",
    "matrix @ other.T",
    "TOKEN = tokenizer.next_token()",
    "def use(token: CancellationTokenRegistration): ...",
    "curl https://my-url.io:8080/x -u admin",
    "password = read_password(prompt, retries)",
    "uuid = '123e4567-e89b-12d3-a456-426614174000'",
]


@pytest.mark.parametrize("text", SECRETS)
def test_a_secret_is_masked_and_the_rest_stays(text: str) -> None:
    masked = SecretMasker().masked(f"before = 1\n{text}\nafter = 2")
    assert masked.startswith("before = 1\n") and masked.endswith("\nafter = 2")
    assert "<" in masked
    tail = (
        text.split('"')[1].removeprefix("postgres://bob:").removesuffix("@db.acme.io/x")
        if '"' in text
        else text.split()[-1].removeprefix("DB_PASSWORD=").removeprefix("-p").removeprefix("admin:")
    )
    assert tail not in masked


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_secret_stays(text: str) -> None:
    assert SecretMasker().masked(text) == text


def row(instruction: str, lineage: int, response: str = "x") -> Instruction:
    return Instruction(row_id(None, 0, "seed", instruction), None, 0, "seed", instruction, response, (), lineage)


def fill(out: Path, twins: NearDuplicates, rows: list[Instruction]) -> list[str | None]:
    verdicts = []
    with out.open("ab") as stream:
        for one in rows:
            verdicts.append(twins.add(one, stream.tell()))
            if verdicts[-1] is None:
                stream.write(one.row().encode() + b"\n")
                stream.flush()
    return verdicts


TASK = "Write a Python function that takes a list of train departures and returns for each platform the longest gap in minutes"


def test_a_task_that_says_the_same_in_another_lineage_goes(tmp_path: Path) -> None:
    out = tmp_path / "o.jsonl"
    out.touch()
    twins = NearDuplicates(out)
    rows = [
        row(TASK + ".", 0),
        row(TASK.upper() + "!", 1),
        row(TASK + " of the day.", 2),
        row(TASK + ".", 0),
        row("Sort it by name and then by age", 3),
    ]
    verdicts = fill(out, twins, rows)
    assert [verdict is None for verdict in verdicts] == [True, False, False, True, True]
    assert rows[0].id in (verdicts[1] or "")
    twins.close()


def test_the_index_is_made_again_from_out_when_it_is_lost_or_behind_or_damaged(tmp_path: Path) -> None:
    out, index = tmp_path / "o.jsonl", beside(tmp_path / "o.jsonl", "index.sqlite")
    out.touch()
    twins = NearDuplicates(out)
    fill(out, twins, [row(TASK, 0)])
    twins.flush()
    fill(out, twins, [row("Count the words of a very long text by their first letter", 1)])
    twins.close()
    for damage in (lambda: None, index.unlink, lambda: index.write_bytes(b"no database" * 999)):
        damage()
        twins = NearDuplicates(out)
        assert twins.add(row(TASK, 7), 10_000) is not None
        assert twins.add(row("Count the words of a very long text by their first letter", 8), 10_000) is not None
        twins.close()


GOOD = "```python\ndef add(a, b):\n    return a + b\n```"
WRONG = "```python\ndef add(a, b):\n    return a - b\n```"


def verify(answer: str, tests: str, others: list[str]) -> Draft:
    """The draft of `answer` after verification by a teacher that says these tests and these other solutions."""
    replies = iter([tests, *others])
    verify_module._SECONDS = 1.0
    generator = ScriptedGenerator(lambda request: next(replies))
    draft = Draft(Task(1, 0, None, None, Seed("Add two numbers.")), "Add two numbers.", answer)
    verifier = SandboxVerifier(samples=len(others), parallel=1)
    try:
        with Progress("none") as silent:
            return verifier.verified([draft], Asking(), generator, Tally(silent, 1))[0]
    finally:
        verifier.close()


ASSERTS = "```python\nassert add(1, 2) == 3\nassert add(0, 5) == 5\nassert add(-1, 1) == 0\n```"


@pytest.mark.parametrize(
    ("answer", "tests", "others", "verified", "fraction"),
    [
        (GOOD, ASSERTS, [GOOD, GOOD], True, 1.0),
        (WRONG, ASSERTS, [GOOD, GOOD], False, 0.0),
        # One assert is wrong; the samples agree that it is, and the answer stands with the fraction it passed.
        (GOOD, ASSERTS + "\n```python\nassert add(1, 1) == 3\n```", [GOOD, GOOD], True, 0.75),
        # Tests that notice nothing verify nothing.
        (GOOD, "```python\nassert callable(add)\n```", [GOOD], False, 1.0),
        # The others do not agree with the answer.
        ("```python\ndef add(a, b):\n    return 0 if a == -1 else a - b\n```", ASSERTS, [GOOD, GOOD], False, 0.3333),
        ("There is no code here.", ASSERTS, [], False, None),
        ("```python\nimport os\nos._exit(0)\n```", ASSERTS, [GOOD, GOOD], False, 0.0),
        ("```python\ndef add(a, b):\n    while True: pass\n```", "```python\nassert add(1, 2) == 3\n```", [GOOD], False, 0.0),
    ],
)  # fmt: skip
def test_an_answer_is_verified_by_running(
    answer: str, tests: str, others: list[str], verified: bool, fraction: float | None
) -> None:
    draft = verify(answer, tests, others)
    assert (draft.verified, draft.pass_fraction) == (verified, fraction)


def test_mutants_differ_from_the_program_and_parse() -> None:
    source = "def f(a):\n    if a > 1:\n        return a * 2\n    return a + 1\n"
    made = list(mutants(source, 3))
    assert len(set(made)) == 3 and source.strip() not in made
    for mutant in made:
        compile(mutant, "mutant", "exec")


def seeds_file(folder: Path) -> Path:
    path = folder / "seeds.jsonl"
    texts = [
        TASK,
        TASK + " again",
        'Connect with password = "hunter2!x" and list all users in Python',
        "Reverse a linked list of parcels in place",
    ]
    path.write_text(
        "".join(json.dumps({"instruction": text, "output": GOOD}) + "\n" for text in texts), encoding="utf-8"
    )
    return path


def start(
    monkeypatch: pytest.MonkeyPatch, folder: Path, answer=teacher, **settings: object
) -> tuple[Path, ScriptedGenerator]:
    generator = ScriptedGenerator(answer)
    monkeypatch.setattr(run_module, "open_generator", lambda where, options: generator)
    run(
        Settings(
            seeds=(seeds_file(folder),),
            out=folder / "o.jsonl",
            teacher="t",
            progress="none",
            **({"decontaminate": "none"} | settings),
        )
    )
    return folder / "o.jsonl", generator


def test_in_a_run_duplicates_go_secrets_are_masked_and_a_report_with_pictures_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, generator = start(monkeypatch, tmp_path)
    thrown = [json.loads(line) for line in beside(out, "eliminated.jsonl").read_text().splitlines()]
    assert [row["lineage"] for row in thrown if row["rule"] == "near duplicate"] == [1]
    everything = out.read_text() + "".join(prompt_text(request) for request in generator.requests)
    assert "hunter2" not in everything and "<SECRET_KEYWORD>" in everything
    page = (tmp_path / "o.report.md").read_text(encoding="utf-8")
    assert "near duplicate" in page and "| heuristic | kept |" in page
    assert {p.stem for p in (tmp_path / "o.report").glob("*.png")} == {
        "lengths",
        "difficulty",
        "heuristics",
        "eliminated",
    }
    assert (tmp_path / "o.report.html").read_text(encoding="utf-8").count("data:image/png;base64") == 4
    assert not list(tmp_path.glob("*.sqlite*"))


def test_breadth_judge_and_verification_take_part_when_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(request: GenerationRequest) -> str:
        return (
            "same"
            if "Answer with one word" in prompt_text(request) and request.sampling.seed % 3 == 0
            else teacher(request)
        )

    zero = "constraints=0,rarer_requirement=0,deeper_reasoning=0,erroneous_code=0,complexity=0,breadth=1"
    out, generator = start(
        monkeypatch, tmp_path, answer, rounds=3, weights=zero, judge=True, verify=True, verify_samples=1
    )
    rows = [row for row in read_rows(out) if row.round]
    assert {row.heuristic for row in rows} == {"breadth"}
    assert all(row.verified is not None for row in read_rows(out))
    assert any(row.verified and row.pass_fraction == 1.0 for row in rows)
    asked = [prompt_text(request) for request in generator.requests]
    assert any("Invent a different one" in text for text in asked) and any(
        "assert` statements" in text for text in asked
    )
    thrown = beside(out, "eliminated.jsonl").read_text()
    assert "the teacher finds that it asks for the same" in thrown


def test_code_inspires_tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = tmp_path / "code"
    code.mkdir()
    (code / "a.py").write_text(
        "def fold(paper):\n    left = paper[:3]\n    right = paper[3:]\n    return right + left\n", encoding="utf-8"
    )
    out, generator = start(monkeypatch, tmp_path, inspire=code, rounds=0)
    made = [row for row in read_rows(out) if row.heuristic == "inspiration"]
    assert len(made) == 1 and made[0].parent is None and made[0].response
    assert any("def fold(paper)" in prompt_text(request) for request in generator.requests)


def test_shards_divide_the_seeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts: list[str] = []
    for number in (1, 2):
        (tmp_path / str(number)).mkdir()
        out, _ = start(monkeypatch, tmp_path / str(number), shard=(number, 2), rounds=0, keep_duplicates=True)
        texts += [row.instruction for row in read_rows(out)]
    assert len(texts) == len(set(texts)) == 4


def test_a_set_is_exported_in_the_forms_of_others_and_read_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trainer.evolve.files.seeds import read_seeds

    out, _ = start(monkeypatch, tmp_path, exports=(("alpaca", tmp_path / "a.json"), ("dataset", tmp_path / "ds")))
    want = [(row.instruction, row.response) for row in read_rows(out)]
    export(out, "sharegpt", tmp_path / "s.jsonl")
    export(out, "messages", tmp_path / "m.jsonl")
    for name in ("a.json", "s.jsonl", "m.jsonl"):
        assert [(s.instruction, s.response) for s in read_seeds([tmp_path / name], print)] == want
    from datasets import load_from_disk

    rows = load_from_disk(str(tmp_path / "ds"))
    assert [(row["instruction"], row["response"]) for row in rows] == want
    assert export(out, "dataset", tmp_path / "ds") == len(want)


@pytest.mark.parametrize("text", ["alpaca", "alpaca=", "csv=x", "alpaca=/none/x.json"])
def test_an_export_that_cannot_be_is_refused_at_once(text: str) -> None:
    with pytest.raises(UsageError):
        parse_exports([text])


def test_a_preview_shows_pairs_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    start(monkeypatch, tmp_path, preview=3)
    shown = capsys.readouterr().out
    assert "seed" in shown and "evolved" in shown and "departures" in shown
    assert [path.name for path in tmp_path.iterdir()] == ["seeds.jsonl"]
