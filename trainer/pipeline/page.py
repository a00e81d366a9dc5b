"""The page about a run that people read, as Markdown with pictures beside it and as one HTML file: honest words, good or bad.

It is made of the numbers of `report` and of the pictures that the stages have drawn; a missing picture is left out.
"""

from __future__ import annotations

import base64
import html
import re
import shutil
from pathlib import Path
from typing import Any

from assistant.ground.files import human_bytes, replacing, write_whole
from trainer.pipeline.course import Finished
from trainer.pipeline.pictures import draw_exam, draw_held_out

Numbers = dict[str, Any]
_STYLE = (
    "body{font:16px/1.5 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem}td,th{padding:.2rem .8rem;text-align:left}"
    "img{max-width:100%}code{background:#f4f4f4;padding:0 .2rem}"
)


def write_page(numbers: Numbers, finished: Finished, folder: Path) -> None:
    """Write report.md (pictures in report/) and report.html (pictures within) into `folder`."""
    pictures = _pictures(numbers, finished, folder / "report")
    text = _markdown(numbers, pictures, folder)
    write_whole(folder / "report.md", text)
    write_whole(folder / "report.html", _html(text, str(numbers["name"]), folder))


def verdict(numbers: Numbers) -> str:
    """What the exam says, in one sentence that does not claim more than the counts allow."""
    held_out = _held_out_words(numbers["held_out"])
    if not numbers["evaluate"]:
        return held_out or "No exam was asked for."
    return f"{held_out} {_exam_words(numbers['evaluate'])}".lstrip()


def _held_out_words(told: Numbers | None) -> str:
    """What the held-out rows say, with their interval."""
    if not told:
        return ""
    low, high = told["interval"]
    fell = "fell" if told["change"] < 0 else "rose"
    sure = "that is unlikely to be chance" if told["chance"] <= 0.05 else "that may be chance"
    return (
        f"Loss on {told['rows']} held-out responses {fell} from {told['loss_before']:.3f} to {told['loss_after']:.3f} "
        f"(change {told['change']:+.3f}, 95 % interval {low:+.3f} to {high:+.3f}; lower for {told['better']}): "
        f"{sure} (p = {told['chance']:.3g}, sign flips of the pairs)."
    )


def _exam_words(exam: Numbers) -> str:
    """What the exam says, beside the base asked in each way, and what quantizing has cost."""
    words = [_compared_words(exam, exam["benchmark"])]
    for other in exam["base_asked"][1:]:
        words.append(_compared_words(other, f"Beside the base asked as {other['prompt']}"))
    whole = exam["unquantized"]
    if whole:
        kept = "" if whole["kept"] is None else f", so the file keeps {whole['kept']:.0%} of the gain"
        words.append(f"Unquantized, the checkpoint solves {whole['passed']}{kept}.")
    return " ".join(words)


def _compared_words(exam: Numbers, what: str) -> str:
    before, after, count = exam["passed_before"], exam["passed_after"], exam["problems"]
    told = f"{what}: {before} of {count} problems solved before, {after} of {count} after."
    gained, lost = exam["gained"], exam["lost"]
    if not gained and not lost:
        return f"{told} The same problems are solved."
    changed = f"{gained} gained and {lost} lost"
    if exam["chance"] > 0.05:
        return f"{told} {changed}: so few changes may be chance (p = {exam['chance']:.2f}, McNemar)."
    return f"{told} {changed}: that is unlikely to be chance (p = {exam['chance']:.2g}, McNemar)."


def _pictures(numbers: Numbers, finished: Finished, place: Path) -> dict[str, Path]:
    """The pictures by name: those of the stages, copied, and one of the exam."""
    place.mkdir(exist_ok=True)
    found = {"loss": finished.tuned / "model" / "loss.png"}
    if finished.evolved is not None:
        drawn = finished.evolved / "evolved.report"
        found |= {"heuristics": drawn / "heuristics.png", "lengths": drawn / "lengths.png"}
    pictures = {}
    for name, path in found.items():
        if path.is_file():
            with replacing(place / f"{name}.png") as staged:
                shutil.copyfile(path, staged)
            pictures[name] = place / f"{name}.png"
    exams = (("held-out", numbers["held_out"], draw_held_out), ("exam", numbers["evaluate"], draw_exam))
    for name, told, draw in exams:
        if told:
            with replacing(place / f"{name}.png") as staged:
                draw(told).savefig(staged, format="png", dpi=110)
            pictures[name] = place / f"{name}.png"
    return pictures


def _html(text: str, title: str, folder: Path) -> str:
    from markdown_it import MarkdownIt

    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)

    def within(match: re.Match[str]) -> str:
        data = base64.b64encode((folder / match[1]).read_bytes()).decode()
        return f'src="data:image/png;base64,{data}"'

    body = re.sub(r'src="(report/[\w-]+\.png)"', within, body)
    head = f"<!doctype html><meta charset='utf-8'><title>{html.escape(title)}</title><style>{_STYLE}</style>"
    return f"{head}\n{body}"


def _markdown(numbers: Numbers, pictures: dict[str, Path], folder: Path) -> str:
    def shown(*names: str) -> list[str]:
        return [f"![{n}]({pictures[n].relative_to(folder).as_posix()})\n" for n in names if n in pictures]

    lines = [f"# {numbers['name']}", "", verdict(numbers), ""]
    what = "Adapter" if numbers["adapter_of"] else "Model"
    lines += [f"- {what}: `{numbers['model']}` ({numbers['type']}, {human_bytes(numbers['bytes'])})"]
    if numbers["registered_as"]:
        lines += [f"- Run it: `wizard-tui --model {numbers['registered_as']}`"]
    teacher = f"; teacher: `{numbers['teacher']}`" if numbers["evolve"] else ""
    lines += [f"- Base: `{numbers['base']}`{teacher}", "", "## Instructions", ""]
    lines += [*_evolution(numbers["evolve"]), *_named_rows(numbers["interfaces"])]
    lines += [*shown("heuristics", "lengths"), *_stop_rule(numbers["rounds"])]
    lines += ["## Fine-tuning", "", *_finetuning(numbers["finetune"] or {}), *shown("loss")]
    if not numbers["adapter_of"]:
        lines += ["## Quantization", "", *_quantization(numbers["quantize"] or {})]
    lines += ["## Exam", "", *shown("held-out"), *_exam(numbers["evaluate"]), *shown("exam")]
    lines += ["## Time", "", "| stage | seconds | |", "|---|---:|---|"]
    for row in numbers["stages"]:
        lines.append(f"| {row['stage']} | {row['seconds']:.1f} | {'from an earlier run' if row['skipped'] else ''} |")
    return "\n".join([*lines, "", f"This run took {numbers['seconds']:.0f} seconds.", ""])


def _exam(exam: Numbers | None) -> list[str]:
    """Who solved how many problems, and how the result stands beside each."""
    if not exam:
        return ["No problems were put.", ""]
    lines = [
        f"| {exam['benchmark']} | asked as | solved | gained on it | lost to it | p |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for row in exam["base_asked"] or [exam]:
        told = f"{row['passed_before']} of {row['problems']} | {row['gained']} | {row['lost']} | {row['chance']:.2g}"
        lines.append(f"| before | {row.get('prompt') or exam['prompt_before']} | {told} |")
    whole = exam["unquantized"]
    if whole:
        lines.append(
            f"| after, unquantized | {exam['prompt_after']} | {whole['passed']} of {exam['problems']} | | | {whole['chance']:.2g} |"
        )
    lines.append(f"| after | {exam['prompt_after']} | {exam['passed_after']} of {exam['problems']} | | | |")
    return [*lines, "", "Each line beside the last one, on the same problems; p is McNemar's, exact and two-sided.", ""]


def _evolution(evolve: Numbers | None) -> list[str]:
    if not evolve:
        return ["None were evolved: the rows were learned as they are.", ""]
    lines = [f"{evolve['rows']:,} rows kept, {evolve['eliminated']:,} eliminated.", ""]
    if not any(int(number) for number in evolve["by_round"]):
        lines = ["No evolved task got through, so the seeds were learned as they are.", "", *lines]
    lines += _table(("kept by heuristic", "rows"), evolve["by_heuristic"])
    return lines + _table(("eliminated by rule", "tasks"), evolve["by_rule"])


def _named_rows(told: Numbers | None) -> list[str]:
    if not told:
        return []
    compared = ", ".join(
        f"{name} ({count})" for name, count in (told["checks"] or {}).get("decontaminated", {}).items()
    )
    left = f"{told['eliminated']:,} eliminated as near duplicates or for holding a problem of {compared or 'no exam'}"
    return [f"{told['kept']:,} rows name the function that they ask for; {left}.", ""]


def _stop_rule(told: Numbers | None) -> list[str]:
    if not told:
        return []
    lines = ["## Rounds", "", f"| rounds | rows | {told['benchmark']} solved | |", "|---:|---:|---:|---|"]
    for row in told["rounds"]:
        share = f"{row['passed']} of {row['problems']} ({row['pass_at_1']:.1%})"
        lines.append(f"| {row['rounds']} | {row['rows']:,} | {share} | {'kept' if row['kept'] else ''} |")
    last = "The last round was worse, so the one before it is kept." if told["stopped"] else "No round was worse."
    return [*lines, "", last, ""]


def _finetuning(summary: Numbers) -> list[str]:
    lines = []
    if summary.get("loss_first") is not None:
        steps = f"{summary.get('steps', '?')} steps: "
        lines.append(f"- {steps}training loss {summary['loss_first']:.3f} at first, {summary['loss_last']:.3f} at last")
    if summary.get("dev_loss") is not None:
        before, after = summary["dev_loss_before"], summary["dev_loss"]
        word = (
            "lower is better" if after < before else "it did not fall: the model has not learned what it was to learn"
        )
        lines.append(f"- Loss on held-out responses: {before:.3f} before, {after:.3f} after ({word})")
    return [*(lines or ["- No numbers were left by this stage."]), ""]


def _quantization(numbers: Numbers) -> list[str]:
    if "perplexity" not in numbers:
        return ["- No numbers were left by this stage.", ""]
    return [
        f"- Perplexity {numbers['perplexity_base']:.3f} before quantizing, {numbers['perplexity']:.3f} after",
        f"- Mean KL divergence {numbers['kl_mean']:.5f}; same most likely token {numbers['top1_agreement']:.1%}",
        f"- {numbers['bits_per_weight']:.2f} bits per weight",
        "",
    ]


def _table(head: tuple[str, str], counts: dict[str, int]) -> list[str]:
    if not counts:
        return []
    return [f"| {head[0]} | {head[1]} |", "|---|---:|", *(f"| {k} | {v:,} |" for k, v in counts.items()), ""]
