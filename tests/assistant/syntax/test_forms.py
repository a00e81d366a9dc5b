"""Forms of definitions that are easily missed, language by language: each is there, under its name and with its lines."""

from __future__ import annotations

import pytest

from assistant.syntax.document import Document
from assistant.syntax.languages import language_named
from assistant.syntax.symbols import find, outline

FORMS = [
    ("markdown", "Title\n=====\n\nText\n\nSub\n---\n\nmore\n\n## Atx ##\n\n### Deep\n\n# Next\n",
     ["section 1-13 Title", "section 6-9 Title.Sub", "section 11-13 Title.Atx", "section 13-13 Title.Atx.Deep", "section 15-15 Next"]),
    ("c", "struct p { int x, *y[3]; void (*cb)(int); unsigned f : 3; };\nextern int g;\nconst char *const names[] = {0};\n",
     ["type 1-1 p", "field 1-1 p.x", "field 1-1 p.y", "field 1-1 p.cb", "field 1-1 p.f", "variable 2-2 g", "constant 3-3 names"]),
    ("cpp", "class A {\n  int n_ = 0;\n  B& ref_;\n  int get() const;\n  static constexpr int kMax = 3;\n};\n",
     ["class 1-6 A", "field 2-2 A.n_", "field 3-3 A.ref_", "method 4-4 A.get", "field 5-5 A.kMax"]),
    ("go", "package p\n\ntype T struct {\n\tA, B int\n\tC func() error\n}\n\ntype I interface {\n\tDo(a int) error\n}\n",
     ["type 3-6 T", "field 4-4 T.A", "field 4-4 T.B", "field 5-5 T.C", "type 8-10 I", "method 9-9 I.Do"]),
    ("rust", "struct P {\n    /// doc\n    pub x: i32,\n}\n\nimpl P {\n    const K: i32 = 1;\n}\n",
     ["type 1-4 P", "field 2-3 P.x", "constant 7-7 P.K"]),
    ("typescript", "interface I {\n  a: string;\n  m(x: number): void;\n}\nfunction f(a: string): void;\nfunction f(a: any) {}\n",
     ["type 1-4 I", "field 2-2 I.a", "method 3-3 I.m", "function 5-5 f#2", "function 6-6 f"]),
    ("ruby", "class A\n  class << self\n    def make; end\n  end\n  private def hidden; end\nend\n",
     ["class 1-6 A", "method 3-3 A.make", "method 5-5 A.hidden"]),
    ("php", "<?php\ntrait T {\n  private ?int $x = 1;\n  function f() {}\n}\nenum S: string { case A = 'a'; }\n",
     ["type 2-5 T", "field 3-3 T.$x", "method 4-4 T.f", "type 6-6 S", "constant 6-6 S.A"]),
    ("java", "enum E {\n  ONE { void x() {} }, TWO;\n  int n;\n}\n",
     ["type 1-4 E", "constant 2-2 E.ONE", "method 2-2 E.ONE.x", "constant 2-2 E.TWO", "field 3-3 E.n"]),
    ("swift", "class A {\n  let x: Int = 1\n  deinit { }\n}\n", ["class 1-4 A", "field 2-2 A.x", "method 3-3 A.deinit"]),
    ("sql", "CREATE SCHEMA s;\nCREATE SEQUENCE q;\nCREATE PROCEDURE p() LANGUAGE SQL AS $$ SELECT 1 $$;\n",
     ["module 1-1 s", "variable 2-2 q", "function 3-3 p"]),
    ("sql", "CREATE OR REPLACE FUNCTION a.f(x int) RETURNS SETOF record AS $$ SELECT 1 $$ LANGUAGE sql;\n", ["function 1-1 a.f"]),
    ("python", "class A:\n    size: int = 1\n\n    def f(self):\n        async def inner():\n            pass\n",
     ["class 1-6 A", "field 2-2 A.size", "method 4-6 A.f", "function 5-6 A.f.inner"]),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text", "expected"), FORMS, ids=[language for language, _, _ in FORMS])
def test_forms_are_found(language: str, text: str, expected: list[str]) -> None:
    found = outline(Document(text, language_named(language)))
    assert [f"{one.kind} {one.start_line}-{one.end_line} {one.qualified_name}" for one in found] == expected


def test_a_short_name_means_a_function_rather_than_a_field() -> None:
    document = Document("class A:\n    total = 1\n\nclass B:\n    def total(self): pass\n", language_named("python"))
    assert find(document, "total").qualified_name == "B.total"
    assert find(document, "A.total").kind == "field"
