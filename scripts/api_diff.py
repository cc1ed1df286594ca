"""Report how the contract changed since an earlier version of it.

scripts/api-diff [BASE]            print the report as Markdown; BASE is a git ref or a file, by default
                                   the last release tag
scripts/api-diff --check [BASE]    fail if there are breaking changes and the version does not allow them

With --if-there, the command prints a message and succeeds if Node.js is not installed.

`redocly diff` finds the changes and the breaking ones among them. This script adds three rules:

- A property that is removed from a request is a breaking change. A server ignores the property, but
  programs that set it no longer compile.
- A change of `x-result` is a breaking change. The methods of the clients return another part of the response.
- A change of the known values (`x-known-values`) is not a breaking change, but it is reported. redocly
  ignores lists of extensions.

The version is `info.version` of the contract, which is also the version of the package. A breaking
change needs a new major version, or a new minor version before 1.0.
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
from api_changes import Change, Json, describe_changes, find_uses

ROOT = Path(__file__).resolve().parents[1]
SPEC = "openapi/chatroutes.yaml"


class ComparisonError(Exception):
    """The contracts cannot be compared."""


class NothingToCompareError(Exception):
    """There is no earlier contract, or Node.js is not installed."""


# The two contracts.


def git(root: Path, *arguments: str) -> str | None:
    """Return the output of a git command, or None if it fails."""
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True)
    return done.stdout.decode("utf-8") if done.returncode == 0 else None


def read_base(name: str | None, root: Path) -> tuple[str, str]:
    """Return the name and the text of the earlier contract."""
    if name is not None and Path(name).is_file():
        return name, Path(name).read_text("utf-8")
    tag = name or git(root, "describe", "--tags", "--abbrev=0", "--match", "v[0-9]*")
    if tag is None:
        raise NothingToCompareError(
            "There is nothing to compare with: this repository has no release tag (such as v0.3.0)."
        )
    tag = tag.strip()
    if git(root, "rev-parse", "--verify", "--quiet", f"{tag}^{{commit}}") is None:
        raise ComparisonError(f"{tag} is neither a file nor a commit of this repository.")
    text = git(root, "show", f"{tag}:{SPEC}")
    if text is None:
        raise NothingToCompareError(f"There is nothing to compare with: {tag} has no {SPEC}.")
    return tag, text


def parse(text: str, name: str) -> Json:
    try:
        document: Json = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        if document["openapi"] and document["info"]["version"]:
            return document
    except (yaml.YAMLError, KeyError, TypeError):
        pass
    raise ComparisonError(f"{name} is not an OpenAPI document with a version.")


def join_known_values(node: Any) -> Any:
    """Return the document with each list of known values as one string, which redocly compares."""
    if isinstance(node, dict):
        return {
            key: ", ".join(value) if key == "x-known-values" else join_known_values(value)
            for key, value in node.items()
        }
    return [join_known_values(each) for each in node] if isinstance(node, list) else node


def run_redocly_diff(base: Json, revision: Json, if_there: bool = False) -> list[Json]:
    """Return the differences that redocly finds, with their impact."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, document in (("base", base), ("revision", revision)):
            text = json.dumps(join_known_values(document), default=str)
            (folder / f"{file}.json").write_text(text, "utf-8")
        plugin = (ROOT / "openapi/redocly.js").as_posix()  # which makes `x-events` known
        settings = f"extends: [diff-recommended]\nplugins: [{json.dumps(plugin)}]\n"
        (folder / "redocly.yaml").write_text(settings, "utf-8")
        command = ["sh", str(ROOT / "scripts/redocly"), *["--if-there"] * if_there, "diff"]
        command += [str(folder / "base.json"), str(folder / "revision.json")]
        command += ["--config", str(folder / "redocly.yaml"), "--format=json", "--fail-on=none"]
        done = subprocess.run(command, capture_output=True, encoding="utf-8")
    if done.returncode != 0:
        problems = re.findall(r"^\[\d+\] \S+ at (\S+)\n+(.+)$", done.stderr, re.MULTILINE)
        raise ComparisonError(
            "redocly cannot compare the contracts:\n"
            + ("\n".join(": ".join(each) for each in problems) or done.stderr.strip())
        )
    if not done.stdout:
        raise NothingToCompareError(done.stderr.strip())
    differences: list[Json] = json.loads(done.stdout)["changes"]
    return differences


# The report.


def parse_version(version: str) -> tuple[int, int]:
    match = re.match(r"(\d+)\.(\d+)", version)
    if match is None:
        raise ComparisonError(f"info.version is {version!r}, not a version such as 0.3.0.")
    return int(match[1]), int(match[2])


def allows_breaking_changes(version: str, since: str) -> bool:
    """Return whether a version may break programs that were written for an earlier one."""
    (major, minor), (old_major, old_minor) = parse_version(version), parse_version(since)
    return major > old_major or (major == old_major == 0 and minor > old_minor)


def next_breaking_version(version: str) -> str:
    major, minor = parse_version(version)
    return f"{major + 1}.0.0" if major else f"0.{minor + 1}.0"


def format_section(title: str, changes: Iterable[Change]) -> list[str]:
    changes = list(changes)
    lines = dict.fromkeys(f"- {each.text}" for each in changes if not each.documentation_only)
    documented = dict.fromkeys(each.text for each in changes if each.documentation_only)
    if documented:
        lines[f"- Descriptions or examples of {', '.join(documented)}."] = None
    return [f"\n## {title}\n", *lines] if lines else []


def report(base: Json, revision: Json, name: str, if_there: bool = False) -> tuple[str, bool]:
    """Return the report as Markdown, and whether the version allows the changes."""
    old, new = str(base["info"]["version"]), str(revision["info"]["version"])
    uses = find_uses(base) | find_uses(revision)
    changes = [
        change
        for difference in run_redocly_diff(base, revision, if_there)
        for change in describe_changes(difference, uses)
    ]
    breaking = [change for change in changes if change.breaking]
    other = [change for change in changes if not change.breaking]
    lines = [f"# API changes since {name}\n"]
    lines.append(
        f"The version changed from {old} to {new}." if old != new else f"The version is {old}."
    )
    lines += format_section("Breaking", breaking) + format_section("Other", other)
    if not changes:
        lines.append("\nThere are no changes.")
    allowed = not breaking or allows_breaking_changes(new, since=old)
    if not allowed:
        lines.append(
            f"\n**There are breaking changes. Set the version to {next_breaking_version(old)}.**"
        )
    return "\n".join(lines), allowed


def main(words: list[str], root: Path = ROOT) -> int:
    """Compare the contract of the work tree at `root`, and return the exit code."""
    parser = argparse.ArgumentParser(description="Report how the contract changed.")
    parser.add_argument(
        "base", nargs="?", help="a git ref or a file; by default the last release tag"
    )
    parser.add_argument(
        "--check", action="store_true", help="fail if the version does not allow the changes"
    )
    parser.add_argument(
        "--if-there", action="store_true", help="succeed if Node.js is not installed"
    )
    arguments = parser.parse_args(words)
    try:
        name, text = read_base(arguments.base, root)
        revision = parse((root / SPEC).read_text("utf-8"), SPEC)
        markdown, allowed = report(parse(text, name), revision, name, arguments.if_there)
    except NothingToCompareError as reason:
        print(reason)
        return 0
    except ComparisonError as error:
        print(error, file=sys.stderr)
        return 2
    print(markdown)
    return 1 if arguments.check and not allowed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
