"""The rules by which an evolved task or its answer is thrown away: one function each, and two tables.

A rule looks at a Candidate and says why it has to go, or None. Rules are cheap and sure of themselves; what needs the
other records (near duplicates, benchmarks) or a run (verification) is elsewhere. WizardLM's four rules are here, with
those that weak teachers make necessary.
"""

from __future__ import annotations

import itertools
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from trainer.evolve.checking import code


@dataclass(frozen=True)
class Candidate:
    """What is judged. `response` is empty while only the task is there; `parent` is empty for a new task."""

    instruction: str
    parent: str = ""
    response: str = ""
    heuristic: str = ""
    cut_off: bool = False
    """Whether the teacher ran into its limit of tokens in what is judged."""


Rule = Callable[[Candidate], str | None]
"""Why the candidate has to go, in words that need no context; None where the rule has nothing against it."""

_WORD = re.compile(r"\w+", re.U)
_COMMON = """
    a an and are as at be but by can could do does for from had has have he her him his how i if in into is it its just
    me my no not of on or our please she so some than that the their them then there these they this to was we were what
    when which who will with would yes you your ok okay
"""
_STOP_WORDS = frozenset(_COMMON.split())
_REFUSAL = re.compile(
    r"^\W*(?:(?:regrettably|unfortunately|sadly|sorry)\b|(?:my\s+|our\s+)?(?:sincere\s+)?apolog(?:ies|ize)|(?:i|we)\s+(?:must\s+|have\s+to\s+)?"
    r"(?:apologi[sz]e|regret|decline|refuse)\b|(?:i['’]?m|i am|we are|we['’]re)\s+(?:very\s+|so\s+|really\s+|terribly\s+)?"
    r"(?:sorry|afraid|unable|not\s+(?:able|allowed|comfortable|sure\s+(?:how|what)))"
    r"|(?:i|we)\s+(?:can\s?not|can['’]t|could\s?n['’]t|won['’]t|(?:am|are)\s+not\s+able|will\s+not\s+be\s+able|do\s+not\s+(?:have|understand)"
    r"|don['’]t\s+(?:have|understand))|(?:it\s+is|it['’]s)\s+(?:not\s+possible|impossible)\s+for\s+(?:me|us)\b"
    r"|as\s+an?\s+(?:ai|artificial|large)\b|(?:this|the|your)\s+(?:request|prompt)\s+(?:violates|goes\s+against|cannot))",
    re.I,
)
_TEMPLATE = re.compile(
    r"#\s*(?:given|rewritten|created|new|evolved)\s*(?:prompt|test|task|question)?\s*#|\b(?:(?:given|rewritten|created|evolved)\s+prompt|(?:rewritten|evolved)\s+test)\b|\bgiven\s+test(?=\s*[:#])"
    r"|\bthe\s+(?:old|rewritten|harder)\s+(?:task|one|version)\b|somewhat\s+harder|no\s+(?:solution|introduction),?\s+(?:no\s+)?(?:introduction|remarks)"
    r"|^\W*the\s+(?:task|code):\s*$|\{(?:instruction|method|response)\}|write\s+only\s+the\s+(?:new\s+)?task",
    re.I | re.M,
)
_ANSWERS = re.compile(
    r"^\W*(?:you\s+can\b|your\s+(?:solution|code|task)\s+is\b|to\s+(?:solve|do|achieve|accomplish)\s+this\b|this\s+(?:code|function|query|program)\b"
    r"|the\s+(?:original\s+)?(?:code|solution)\s+(?:uses|is)\b|first,\s+(?:we|you|let)\b)",
    re.I,
)
_SOLUTION = re.compile(
    r"\bhere(?:['’]s|\s+is)\s+(?:a|an|the|one)\s+(?:\w+\s+){0,4}(?:query|solution|function|implementation|code|program|script)\b",
    re.I,
)
_ASKS_FOR_CODE = re.compile(
    r"\b(?:write|implement|create|develop|build|design|code|generate|construct|make|refactor|rewrite|convert|fix|complete)\b[^.?!]{0,80}?"
    r"\b(?:function|program|code|script|class|method|query|algorithm|api|snippet|module|regex|statement|app|application|component|struct)\b",
    re.I,
)
_FENCED = re.compile(r"^[ \t]*(`{3,}|~{3,}).*?(?:^[ \t]*\1[ \t]*$|\Z)", re.S | re.M)
_QUERY = re.compile(r"\b(?:select|insert\s+into|update|delete\s+from|create\s+table|alter\s+table)\b", re.I)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
_OTHER_SCRIPT = re.compile(r"[\u0370-\u1fff\u3040-\u9fff\uac00-\ud7af]")


def empty_or_short(candidate: Candidate) -> str | None:
    """Fewer than four words are no task."""
    words = _WORD.findall(candidate.instruction)
    return f"the task has {len(words)} words" if len(words) < 4 else None


def no_content(candidate: Candidate) -> str | None:
    """Only punctuation and stop words."""
    return None if _has_content(candidate.instruction) else "the task is only punctuation and stop words"


def refusal(candidate: Candidate) -> str | None:
    """The teacher declined to evolve."""
    return "the teacher refused instead of writing a task" if _REFUSAL.match(candidate.instruction) else None


def template_copied(candidate: Candidate) -> str | None:
    """Words of the evolving prompt leaked into the task."""
    match = _TEMPLATE.search(candidate.instruction)
    if match and match[0].lower() not in candidate.parent.lower():
        return f"the task copies the prompt: {match[0]!r}"
    return None


def task_cut_off(candidate: Candidate) -> str | None:
    """The task ends in the middle."""
    return "the task was cut off at the limit of tokens" if candidate.cut_off else None


def solved_instead(candidate: Candidate) -> str | None:
    """The teacher answered the task; a code block is welcome only where misdirection put it, with words around it."""
    prose = _FENCED.sub("", candidate.instruction)
    first = next((line for line in prose.splitlines() if line.strip()), "")
    if len(_WORD.findall(prose)) < 4 or (code.looks_like_code(first) and code.looks_like_code(prose)):
        return "there is code where a task was asked for"
    if _ANSWERS.match(candidate.instruction):
        return "it answers the task instead of making it harder"
    if candidate.heuristic != "erroneous_code" and _SOLUTION.search(candidate.instruction):
        return "the task brings its own solution"
    return None


def no_new_information(candidate: Candidate) -> str | None:
    """The task says what its parent said."""
    if not candidate.parent:
        return None
    before = [word.lower() for word in _WORD.findall(candidate.parent)]
    after = [word.lower() for word in _WORD.findall(candidate.instruction)]
    if before == after:
        return "the task is its parent, word for word"
    new = {word for word in after if word not in _STOP_WORDS} - set(before)
    if len(new) < 2:
        return f"the task has {len(new)} new words"
    pairs, others = set(itertools.pairwise(before)), set(itertools.pairwise(after))
    overlap = len(pairs & others) / max(1, len(pairs | others))
    return f"the task shares {overlap:.0%} of its word pairs with its parent" if overlap > 0.9 else None


def language_changed(candidate: Candidate) -> str | None:
    """The task is in another programming language than its parent."""
    before, now = code.named_languages(candidate.parent), code.named_languages(candidate.instruction)
    if before and now and not before & now:
        return f"the task asks for {_list(now)} and its parent for {_list(before)}"
    return None


def repetitive(candidate: Candidate) -> str | None:
    """A weak teacher got into a loop."""
    data = (candidate.response or candidate.instruction).encode("utf-8", "replace")
    looped = len(data) > 400 and len(zlib.compress(data, 6)) < len(data) * 0.1
    return "the text goes round in circles" if looped else None


def garbled(candidate: Candidate) -> str | None:
    """Control characters, which no text has."""
    match = _CONTROL.search(candidate.response or candidate.instruction)
    return f"there is a control character, {match[0]!r}" if match else None


def answer_empty_or_short(candidate: Candidate) -> str | None:
    """Nothing was answered, or too little to be the code that was asked for."""
    length = len(candidate.response.strip())
    if not length:
        return "the answer is empty"
    return (
        f"the answer has {length} characters"
        if length < 8 and _ASKS_FOR_CODE.search(candidate.instruction) and not code.has_code(candidate.response)
        else None
    )


def answer_without_content(candidate: Candidate) -> str | None:
    """Only punctuation and stop words."""
    if _has_content(candidate.response) or code.has_code(candidate.response):
        return None
    return "the answer is only punctuation and stop words"


def answer_refuses(candidate: Candidate) -> str | None:
    """A refusal or apology: at its beginning, or anywhere in a short answer."""
    text = candidate.response
    if _REFUSAL.match(text) or (
        "sorry" in text.lower()
        and len(_WORD.findall(text)) < 80
        and not (code.code_blocks(text) or code.looks_like_code(text))
    ):
        return "the answer is a refusal or an apology"
    return None


def answer_copies_template(candidate: Candidate) -> str | None:
    """Words of the prompts leaked into the answer."""
    match = _TEMPLATE.search(candidate.response)
    if match and match[0].lower() not in candidate.instruction.lower():
        return f"the answer copies the prompt: {match[0]!r}"
    return None


def answer_repeats_task(candidate: Candidate) -> str | None:
    """The answer says in prose what the task said; code that is to be mended is repeated rightly."""
    asked = {word.lower() for word in _WORD.findall(candidate.instruction)}
    said = [word.lower() for word in _WORD.findall(candidate.response)]
    if len(said) < 12 or code.has_code(candidate.response):
        return None
    new = sum(1 for word in said if word not in asked)
    return f"{1 - new / len(said):.0%} of the answer's words are the task's" if new < 0.08 * len(said) else None


def answer_cut_off(candidate: Candidate) -> str | None:
    """The answer ends in the middle."""
    return "the answer was cut off at the limit of tokens" if candidate.cut_off else None


def answer_without_code(candidate: Candidate) -> str | None:
    """Code was asked for, and there is none."""
    if not _ASKS_FOR_CODE.search(candidate.instruction) or code.has_code(candidate.response):
        return None
    return "code was asked for and the answer has none"


def language_mismatch(candidate: Candidate) -> str | None:
    """The answer is in another programming language, or in another script, than the task."""
    asked = code.named_languages(candidate.instruction)
    given = {block.language for block in code.code_blocks(candidate.response)} & code.KNOWN
    if asked and given and not asked & given and not _related(asked, given, candidate.response):
        return f"{_list(asked)} was asked for and the answer is in {_list(given)}"
    if _script(candidate.instruction) == "latin" and _script(candidate.response) == "other":
        return "the task and the answer are in different scripts"
    return None


def unparsable_code(candidate: Candidate) -> str | None:
    """Code in a language with a reliable grammar has a syntax error; it may stand in fences or bare."""
    asked = code.named_languages(candidate.instruction)
    only = next(iter(asked)) if len(asked) == 1 else ""
    fenced = code.code_blocks(candidate.response)
    for block in fenced or code.bare_code(candidate.response):
        language = block.language or only
        line = code.fault(block.text, language)
        # Where bare code ends is a guess, so the whole answer may speak for itself.
        if line is not None and (fenced or code.fault(candidate.response, language) is not None):
            return f"the {language} code does not parse (line {line})"
    return None


TASK_RULES: tuple[tuple[str, Rule], ...] = (
    ("too short", empty_or_short),
    ("no content", no_content),
    ("refusal", refusal),
    ("template copied", template_copied),
    ("cut off", task_cut_off),
    ("solved instead", solved_instead),
    ("repetitive", repetitive),
    ("garbled", garbled),
    ("no new information", no_new_information),
    ("language changed", language_changed),
)
"""What judges a task as soon as it is there, cheapest first."""

ANSWER_RULES: tuple[tuple[str, Rule], ...] = (
    ("answer too short", answer_empty_or_short),
    ("answer without content", answer_without_content),
    ("answer refuses", answer_refuses),
    ("answer copies template", answer_copies_template),
    ("answer cut off", answer_cut_off),
    ("answer repeats the task", answer_repeats_task),
    ("answer repetitive", repetitive),
    ("answer garbled", garbled),
    ("answer without code", answer_without_code),
    ("language mismatch", language_mismatch),
    ("unparsable code", unparsable_code),
)
"""What judges the answer."""


def judge(candidate: Candidate, rules: tuple[tuple[str, Rule], ...]) -> tuple[str, str] | None:
    """The first rule that is against the candidate, and why; None where all let it pass."""
    for name, rule in rules:
        reason = rule(candidate)
        if reason:
            return name, reason
    return None


def _has_content(text: str) -> bool:
    return any(word.lower() not in _STOP_WORDS for word in _WORD.findall(text))


def _script(text: str) -> str:
    latin, other = len(_LATIN.findall(text)), len(_OTHER_SCRIPT.findall(text))
    return "" if latin + other < 12 else "other" if other > latin else "latin"


def _related(asked: frozenset[str], given: set[str], response: str) -> bool:
    """Whether an answer in one language can be right where another was asked for."""
    if "sql" in asked and _QUERY.search(response):
        return True
    families = ({"javascript", "typescript", "html", "css", "php"}, {"c", "cpp"})
    return any(asked & family and given <= family for family in families)


def _list(names: frozenset[str] | set[str]) -> str:
    return " or ".join(sorted(names))
