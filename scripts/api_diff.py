"""Say what changed in the contract since an earlier state of it, for those whose programs use it.

scripts/api-diff [BASE]            print it as Markdown; BASE is a git ref or a file, by default the last release tag
scripts/api-diff --check [BASE]    fail, too, if a change breaks programs and the version does not say so

With --if-there, what needs Node.js is left out, in words, on a machine that has none.
`redocly diff` finds the changes and knows what breaks. Here three more things count:

- A property that requests no longer have. A server ignores it, but programs that name it no longer compile.
- Another `x-result`: the methods of every client would give another part of the answer.
- New known values (`x-known-values`) break nothing, and are told; redocly looks at no list that it does not know.

The version is the contract's `info.version`, which is the package's too. It says that programs break by its major
number, before 1.0 by its minor one.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from api_changes import Change, Json, changes_of, uses_of

ROOT = Path(__file__).resolve().parents[1]
SPEC = "openapi/chatroutes.yaml"


class ComparisonError(Exception):
    """The contracts cannot be compared; the text says why."""


class NothingToCompareError(Exception):
    """There is no earlier contract, or nothing that compares it; the text says which."""


# The two contracts.


def git(root: Path, *arguments: str) -> str | None:
    """What git says, or None if it says no."""
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True)
    return done.stdout.decode("utf-8") if done.returncode == 0 else None


def read_base(name: str | None, root: Path) -> tuple[str, str]:
    """Give the earlier contract: what to call it, and its text."""
    if name is not None and Path(name).is_file():
        return name, Path(name).read_text("utf-8")
    tag = name or git(root, "describe", "--tags", "--abbrev=0", "--match", "v[0-9]*")
    if tag is None:
        raise NothingToCompareError(
            "No release tag (such as v0.3.0) is in this repository: there is nothing to compare with."
        )
    tag = tag.strip()
    if git(root, "rev-parse", "--verify", "--quiet", f"{tag}^{{commit}}") is None:
        raise ComparisonError(f"{tag} is neither a file nor a commit of this repository.")
    text = git(root, "show", f"{tag}:{SPEC}")
    if text is None:
        raise NothingToCompareError(f"{tag} has no {SPEC}: there is nothing to compare with.")
    return tag, text


def parse(text: str, name: str) -> Json:
    try:
        document: Json = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        if document["openapi"] and document["info"]["version"]:
            return document
    except (yaml.YAMLError, KeyError, TypeError):
        pass
    raise ComparisonError(f"{name} is not an OpenAPI document with a version.")


def comparable(node: Any) -> Any:
    """Known values as one text, which redocly does compare."""
    if isinstance(node, dict):
        return {
            key: ", ".join(value) if key == "x-known-values" else comparable(value)
            for key, value in node.items()
        }
    return [comparable(each) for each in node] if isinstance(node, list) else node


def differences(base: Json, revision: Json, if_there: bool = False) -> list[Json]:
    """What redocly finds, with its word for how bad each is."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, document in (("base", base), ("revision", revision)):
            text = json.dumps(comparable(document), default=str)
            (folder / f"{file}.json").write_text(text, "utf-8")
        (folder / "redocly.yaml").write_text("extends: [diff-recommended]\n", "utf-8")
        command = ["sh", str(ROOT / "scripts/redocly"), *["--if-there"] * if_there, "diff"]
        command += [str(folder / "base.json"), str(folder / "revision.json")]
        command += ["--config", str(folder / "redocly.yaml"), "--format=json", "--fail-on=none"]
        done = subprocess.run(command, capture_output=True, encoding="utf-8")
    if done.returncode != 0:
        problems = re.findall(r"^\[\d+\] \S+ at (\S+)\n+(.+)$", done.stderr, re.MULTILINE)
        raise ComparisonError(
            "redocly cannot compare the two:\n"
            + ("\n".join(": ".join(each) for each in problems) or done.stderr.strip())
        )
    if not done.stdout:
        raise NothingToCompareError(done.stderr.strip())
    changes: list[Json] = json.loads(done.stdout)["changes"]
    return changes


# The report.


def number(version: str) -> tuple[int, int]:
    match = re.match(r"(\d+)\.(\d+)", version)
    if match is None:
        raise ComparisonError(f"info.version is {version!r}, and not a version such as 0.3.0.")
    return int(match[1]), int(match[2])


def announces(version: str, since: str) -> bool:
    """Whether a version says that programs of an earlier one may break."""
    (major, minor), (old_major, old_minor) = number(version), number(since)
    return major > old_major or (major == old_major == 0 and minor > old_minor)


def needed_after(version: str) -> str:
    major, minor = number(version)
    return f"{major + 1}.0.0" if major else f"0.{minor + 1}.0"


def listed(title: str, changes: Iterable[Change]) -> list[str]:
    lines = list(
        dict.fromkeys(f"- {change.text}" for change in changes if not change.of_texts_alone)
    )
    texts = list(dict.fromkeys(change.text for change in changes if change.of_texts_alone))
    if texts:
        lines.append(f"- Texts or examples of {', '.join(texts)}.")
    return [f"\n## {title}\n", *lines] if lines else []


def report(base: Json, revision: Json, name: str, if_there: bool = False) -> tuple[str, bool]:
    """Compare, and give the Markdown, and whether the version fits what changed."""
    old, new = str(base["info"]["version"]), str(revision["info"]["version"])
    uses = uses_of(base) | uses_of(revision)
    found = [
        change
        for each in differences(base, revision, if_there)
        for change in changes_of(each, uses)
    ]
    breaking = [change for change in found if change.breaking]
    other = [change for change in found if not change.breaking]
    lines = [f"# Changes of the API since {name}\n"]
    lines.append(
        f"The version was {old}, and is {new}." if old != new else f"The version is {old}."
    )
    lines += listed("Breaking", breaking) + listed("Other", other)
    if not found:
        lines.append("\nNothing changed.")
    fits = not breaking or announces(new, since=old)
    if not fits:
        lines.append(
            f"\n**Programs break, and the version does not say so: it must be {needed_after(old)}.**"
        )
    return "\n".join(lines), fits


def main(words: list[str], root: Path = ROOT) -> int:
    """Compare the contract of the work tree at `root`, and give the exit code."""
    parser = argparse.ArgumentParser(description="Say what changed in the contract.")
    parser.add_argument(
        "base", nargs="?", help="a git ref or a file; by default the last release tag"
    )
    parser.add_argument(
        "--check", action="store_true", help="fail if the version does not say what broke"
    )
    parser.add_argument("--if-there", action="store_true", help="without Node.js: say so, and pass")
    arguments = parser.parse_args(words)
    try:
        name, text = read_base(arguments.base, root)
        revision = parse((root / SPEC).read_text("utf-8"), SPEC)
        markdown, fits = report(parse(text, name), revision, name, arguments.if_there)
    except NothingToCompareError as nothing:
        print(nothing)
        return 0
    except ComparisonError as error:
        print(error, file=sys.stderr)
        return 2
    print(markdown)
    return 1 if arguments.check and not fits else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
