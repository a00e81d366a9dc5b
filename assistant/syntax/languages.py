"""LANGUAGES: one row for each language that can be read as a tree, and how a file's language is told.

To add a language: a row here, `queries/<name>/symbols.scm` and `objects.scm`, a sample in the tests. Grammars come from
the per-language wheels and are imported when first used; nothing is ever downloaded. What the captures of the two
query files mean is said in `symbols` and `selection`.
"""

from __future__ import annotations

import functools
import importlib
import re
from dataclasses import dataclass
from pathlib import Path, PurePath

import tree_sitter

from assistant.errors import AssistantError

_QUERIES = Path(__file__).parent / "queries"
_C_DOC = r"/\*|///|//!"


@dataclass(frozen=True)
class Language:
    """One row of the table."""

    name: str
    """The name in commands and of the folder of its queries."""
    title: str
    """The name for people."""
    grammar: str
    """The module of the wheel, and after a colon its function if that is not called `language`."""
    extensions: tuple[str, ...]
    file_names: tuple[str, ...] = ()
    shebangs: tuple[str, ...] = ()
    """Programs named on a `#!` line."""
    comment: str = ""
    """What opens a comment to the end of the line; empty where there is none."""
    doc_comment: str = ""
    """A pattern for the start of a comment that belongs to the definition right below it; empty for none."""
    attached: tuple[str, ...] = ()
    """Types of nodes that belong to the definition right below them (attributes)."""
    wrappers: tuple[str, ...] = ()
    """Types of parents that are part of the definition within (decorators, `export`)."""
    inherits: tuple[str, ...] = ()
    """Folders whose queries apply too."""
    test_names: str = ""
    """A pattern for the start of a function's name that makes it a test, where the name alone does."""


LANGUAGES: tuple[Language, ...] = (
    Language(
        "python",
        "Python",
        "tree_sitter_python",
        ("py", "pyi", "pyw", "bzl"),
        ("SConstruct", "SConscript", "BUILD", "WORKSPACE"),
        ("python", "pypy", "uv"),
        comment="#",
        wrappers=("decorated_definition",),
        test_names="test",
    ),
    Language(
        "javascript",
        "JavaScript",
        "tree_sitter_javascript",
        ("js", "jsx", "mjs", "cjs"),
        shebangs=("node", "bun", "deno"),
        comment="//",
        doc_comment=r"/\*\*",
        attached=("decorator",),
        wrappers=("export_statement",),
        inherits=("ecmascript",),
    ),
    Language(
        "typescript",
        "TypeScript",
        "tree_sitter_typescript:language_typescript",
        ("ts", "mts", "cts"),
        shebangs=("ts-node", "tsx"),
        comment="//",
        doc_comment=r"/\*\*",
        attached=("decorator",),
        wrappers=("export_statement", "ambient_declaration", "expression_statement"),
        inherits=("ecmascript",),
    ),
    Language(
        "tsx",
        "TSX",
        "tree_sitter_typescript:language_tsx",
        ("tsx",),
        comment="//",
        doc_comment=r"/\*\*",
        attached=("decorator",),
        wrappers=("export_statement", "ambient_declaration", "expression_statement"),
        inherits=("ecmascript", "typescript"),
    ),
    Language("go", "Go", "tree_sitter_go", ("go",), comment="//", doc_comment="//|/\\*"),
    Language(
        "rust",
        "Rust",
        "tree_sitter_rust",
        ("rs",),
        comment="//",
        doc_comment=r"///|/\*\*",
        attached=("attribute_item",),
    ),
    Language("java", "Java", "tree_sitter_java", ("java",), comment="//", doc_comment=r"/\*\*"),
    Language("c", "C", "tree_sitter_c", ("c", "h"), comment="//", doc_comment=_C_DOC),
    Language(
        "cpp",
        "C++",
        "tree_sitter_cpp",
        ("cpp", "cc", "cxx", "c++", "C", "hpp", "hh", "hxx", "h++", "ipp", "inl", "tpp", "cu", "cuh"),
        comment="//",
        doc_comment=_C_DOC,
        wrappers=("template_declaration",),
        inherits=("c",),
    ),
    Language("csharp", "C#", "tree_sitter_c_sharp", ("cs", "csx"), comment="//", doc_comment=r"///|/\*\*"),
    Language(
        "ruby",
        "Ruby",
        "tree_sitter_ruby",
        ("rb", "rake", "gemspec", "ru"),
        ("Gemfile", "Rakefile", "Guardfile", "Vagrantfile", "Podfile", "Brewfile"),
        ("ruby", "jruby"),
        comment="#",
        doc_comment="#(?!!)",
    ),
    Language(
        "php",
        "PHP",
        "tree_sitter_php:language_php",
        ("php", "phtml"),
        shebangs=("php",),
        comment="//",
        doc_comment=r"/\*\*",
    ),
    Language(
        "bash",
        "Bash",
        "tree_sitter_bash",
        ("sh", "bash", "ksh", "zsh", "bats", "ebuild"),
        (".bashrc", ".bash_profile", ".bash_aliases", ".profile", ".zshrc", ".zshenv", "PKGBUILD", "APKBUILD"),
        ("sh", "bash", "dash", "ksh", "zsh", "ash"),
        comment="#",
        doc_comment="#(?!!)",
    ),
    Language("html", "HTML", "tree_sitter_html", ("html", "htm", "xhtml"), doc_comment="<!--"),
    Language("css", "CSS", "tree_sitter_css", ("css",), doc_comment=r"/\*"),
    Language(
        "json",
        "JSON",
        "tree_sitter_json",
        ("json", "jsonc", "geojson", "webmanifest", "ipynb"),
        (".babelrc", ".eslintrc", ".prettierrc", "composer.lock", "Pipfile.lock"),
    ),
    Language(
        "toml",
        "TOML",
        "tree_sitter_toml",
        ("toml",),
        ("Cargo.lock", "poetry.lock", "uv.lock", "Pipfile"),
        comment="#",
        doc_comment="#",
    ),
    Language(
        "yaml",
        "YAML",
        "tree_sitter_yaml",
        ("yaml", "yml"),
        (".clang-format", ".clang-tidy"),
        comment="#",
        doc_comment="#",
    ),
    Language("sql", "SQL", "tree_sitter_sql", ("sql",), comment="--", doc_comment=r"--|/\*", wrappers=("statement",)),
    Language("markdown", "Markdown", "tree_sitter_markdown", ("md", "markdown", "mdx")),
    Language("lua", "Lua", "tree_sitter_lua", ("lua",), shebangs=("lua", "luajit"), comment="--", doc_comment="--"),
    Language("kotlin", "Kotlin", "tree_sitter_kotlin", ("kt", "kts"), comment="//", doc_comment=r"/\*\*"),
    Language("swift", "Swift", "tree_sitter_swift", ("swift",), comment="//", doc_comment=r"///|/\*\*"),
    Language("scala", "Scala", "tree_sitter_scala", ("scala", "sc", "sbt"), comment="//", doc_comment=r"/\*\*"),
    Language(
        "xml",
        "XML",
        "tree_sitter_xml:language_xml",
        ("xml", "xsd", "xsl", "xslt", "svg", "plist", "csproj", "rss"),
        doc_comment="<!--",
    ),
)

_BY_NAME = {language.name: language for language in LANGUAGES}
_BY_EXTENSION = {extension: language for language in LANGUAGES for extension in language.extensions}
_BY_FILE_NAME = {name: language for language in LANGUAGES for name in language.file_names}
_BY_SHEBANG = {program: language for language in LANGUAGES for program in language.shebangs}
_SHEBANG = re.compile(rb"#!\s*(?:\S*/)?env\s+(?:-\S+\s+)*(?:\w+=\S*\s+)*(\S+)|#!\s*(\S+)")


def language_named(name: str) -> Language:
    """The row of that name.

    Raises:
        AssistantError: there is none.
    """
    if name not in _BY_NAME:
        raise AssistantError(f"no language {name}", hint=f"one of {', '.join(_BY_NAME)}")
    return _BY_NAME[name]


def detect(path: PurePath | str, first_bytes: bytes = b"") -> Language | None:
    """The language of a file by its name, its extension, or the `#!` line in `first_bytes`; None if unknown."""
    name = PurePath(path).name
    if name in _BY_FILE_NAME:
        return _BY_FILE_NAME[name]
    _, dot, extension = name.rpartition(".")
    if dot and extension in _BY_EXTENSION:
        return _BY_EXTENSION[extension]
    if dot and extension.lower() in _BY_EXTENSION:
        return _BY_EXTENSION[extension.lower()]
    match = _SHEBANG.match(first_bytes)
    if not match:
        return None
    program = PurePath((match[1] or match[2]).decode("utf-8", "replace")).name
    return _BY_SHEBANG.get(program) or _BY_SHEBANG.get(re.sub(r"[\d.]+$", "", program))


@functools.cache
def grammar(language: Language) -> tree_sitter.Language:
    """The grammar of a language, imported from its wheel.

    Raises:
        AssistantError: the wheel is not installed.
    """
    module, _, function = language.grammar.partition(":")
    try:
        wheel = importlib.import_module(module)
    except ImportError as error:
        package = module.replace("_", "-")
        raise AssistantError(
            f"cannot read {language.title}", f"{package} is not installed", f"pip install {package}"
        ) from error
    return tree_sitter.Language(getattr(wheel, function or "language")())


@functools.cache
def query(language: Language, name: str, leave_out: str = "", only: str = "") -> tree_sitter.Query:
    """A compiled query file of a language, `name` being "symbols" or "objects".

    Patterns with the capture `leave_out`, or without the capture `only`, are off: what is not asked for costs no time.
    """
    folders = (*language.inherits, language.name)
    source = "\n".join((_QUERIES / folder / f"{name}.scm").read_text(encoding="utf-8") for folder in folders)
    compiled = tree_sitter.Query(grammar(language), source)
    encoded = source.encode()
    for index in range(compiled.pattern_count):
        pattern = encoded[compiled.start_byte_for_pattern(index) : compiled.end_byte_for_pattern(index)].decode()
        if (leave_out and leave_out in pattern) or only not in pattern:
            compiled.disable_pattern(index)
    return compiled
