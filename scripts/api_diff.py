"""Report how the contract changed since it was released.

scripts/api-diff [BASE]            print the report as Markdown; BASE is a git ref or a file, by default
                                   the contract of the last release, in openapi/released
scripts/api-diff --check [BASE]    fail if there are breaking changes that are not accepted
scripts/api-diff --release         after the check, make the contract the released one

With --if-there, the command prints a message and succeeds if Node.js is not installed.

`redocly diff` finds the changes and the breaking ones among them. This script adds rules:

- A change that deletes or renames generated code is breaking: a removed property of a request, another
  first tag, a renamed or removed schema, a renamed parameter, and a property that becomes readOnly or
  writeOnly.
- A change of `x-result` is a breaking change. The methods of the clients return another part of the response.
- The removal of an error response is not a breaking change if `4XX`, `5XX` or `default` has the same
  headers and schemas.
- The removal of an event from `x-events` is a breaking change, and that of a property from `x-sdk-required`,
  unless the property is required.
- A change of the known values (`x-known-values`) is not a breaking change, but it is reported. redocly
  ignores lists of extensions.

A breaking change is accepted if openapi/released/accepted.yaml lists it with a reason. If the version,
`info.version`, changed, breaking changes also need a new major version, or a new minor version before 1.0.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from api_changes import Change, Json, describe_changes, find_removed_schemas, find_uses

ROOT = Path(__file__).resolve().parents[1]
SPEC = "openapi/chatroutes.yaml"
RELEASED = "openapi/released"
ACCEPTED = "openapi/released/accepted.yaml"
LIST_EXTENSIONS = ("x-known-values", "x-sdk-required")
NOTHING_ACCEPTED = """\
# The intended breaking changes since the released contract: the line of scripts/api-diff, without the operations
# in parentheses at its end, and the reason. `*` stands for any text.
#
# - change: "`A.b` was removed."
#   reason: No server ever sent it.
[]
"""


class ComparisonError(Exception):
    """The contracts cannot be compared."""


class NothingToCompareError(Exception):
    """There is no earlier contract, or Node.js is not installed."""


# The two contracts.


def git(root: Path, *arguments: str) -> str | None:
    """Return the output of a git command, or None if it fails."""
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True)
    return done.stdout.decode("utf-8") if done.returncode == 0 else None


def find_released(root: Path) -> Path:
    """Return the file of the released contract."""
    files = [*(root / RELEASED).glob("chatroutes-*.yaml")]
    if len(files) != 1:
        raise ComparisonError(f"{RELEASED} must contain one contract, not {len(files)}.")
    return files[0]


def read_base(name: str | None, root: Path) -> tuple[str, str]:
    """Return the name and the text of the earlier contract."""
    if name is None:
        file = find_released(root)
        return file.stem.removeprefix("chatroutes-"), file.read_text("utf-8")
    if Path(name).is_file():
        return name, Path(name).read_text("utf-8")
    if git(root, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}") is None:
        raise ComparisonError(f"{name} is neither a file nor a commit of this repository.")
    text = git(root, "show", f"{name}:{SPEC}")
    if text is None:
        raise NothingToCompareError(f"There is nothing to compare with: {name} has no {SPEC}.")
    return name, text


def read_accepted(root: Path) -> dict[str, str]:
    """Return the reason of each accepted change."""
    file = root / ACCEPTED
    entries = yaml.safe_load(file.read_text("utf-8")) if file.exists() else []
    try:
        accepted = {str(each["change"]): str(each["reason"]).strip() for each in entries or []}
    except (TypeError, KeyError):
        raise ComparisonError(
            f"{ACCEPTED} is not a list of objects with change and reason."
        ) from None
    if missing := [change for change, reason in accepted.items() if not reason]:
        raise ComparisonError(f"{ACCEPTED} has no reason for: {missing[0]}")
    return accepted


def parse(text: str, name: str) -> Json:
    try:
        document: Json = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        if document["openapi"] and document["info"]["version"]:
            return document
    except (yaml.YAMLError, KeyError, TypeError):
        pass
    raise ComparisonError(f"{name} is not an OpenAPI document with a version.")


def join_extension_lists(node: Any) -> Any:
    """Return the document with each list of an extension as one string, which redocly compares."""
    if isinstance(node, dict):
        return {
            key: ", ".join(value) if key in LIST_EXTENSIONS else join_extension_lists(value)
            for key, value in node.items()
        }
    return [join_extension_lists(each) for each in node] if isinstance(node, list) else node


def run_redocly_diff(base: Json, revision: Json, if_there: bool = False) -> list[Json]:
    """Return the differences that redocly finds, with their impact."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, document in (("base", base), ("revision", revision)):
            text = json.dumps(join_extension_lists(document), default=str)
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


def find_reason(change: Change, accepted: Mapping[str, str]) -> str | None:
    """Return the reason for which a breaking change is accepted."""
    for pattern, reason in accepted.items():
        if matches(pattern, change):
            return reason
    return None


def matches(pattern: str, change: Change) -> bool:
    expression = ".*".join(map(re.escape, pattern.split("*")))
    return re.fullmatch(expression, change.text) is not None


def format_section(
    title: str, changes: Iterable[Change], accepted: Mapping[str, str] = {}
) -> list[str]:
    changes = list(changes)
    lines: dict[str, None] = {}
    for each in changes:
        if not each.documentation_only:
            reason = find_reason(each, accepted)
            lines[f"- {each.text}{each.affected}" + (f" Accepted: {reason}" if reason else "")] = (
                None
            )
    documented = dict.fromkeys(each.text for each in changes if each.documentation_only)
    if documented:
        lines[f"- Descriptions or examples of {', '.join(documented)}."] = None
    return [f"\n## {title}\n", *lines] if lines else []


def find_changes(base: Json, revision: Json, if_there: bool = False) -> list[Change]:
    uses = find_uses(base) | find_uses(revision)
    changes = [
        change
        for difference in run_redocly_diff(base, revision, if_there)
        for change in describe_changes(difference, uses, base, revision)
    ]
    return [*changes, *find_removed_schemas(base, revision, uses)]


def report(
    base: Json,
    revision: Json,
    name: str,
    accepted: Mapping[str, str] = {},
    *,
    is_released: bool = False,
    if_there: bool = False,
) -> tuple[str, bool]:
    """Return the report as Markdown, and whether the changes are allowed.

    Args:
        base: The earlier contract.
        revision: The later contract.
        name: The name of the earlier contract.
        accepted: The reason of each breaking change that is accepted.
        is_released: Whether the earlier contract is the released one, which `accepted` refers to.
        if_there: Whether a missing Node.js is accepted.
    """
    old, new = str(base["info"]["version"]), str(revision["info"]["version"])
    changes = find_changes(base, revision, if_there)
    breaking = [change for change in changes if change.breaking]
    other = [change for change in changes if not change.breaking]
    lines = [f"# API changes since {name}\n"]
    lines.append(
        f"The version changed from {old} to {new}." if old != new else f"The version is {old}."
    )
    lines += format_section("Breaking", breaking, accepted) + format_section("Other", other)
    if not changes:
        lines.append("\nThere are no changes.")
    problems: list[str] = []
    if any(find_reason(change, accepted) is None for change in breaking):
        problems.append(
            f"There are breaking changes that {ACCEPTED} does not accept. Undo them, or list each with a reason."
        )
    if is_released:
        unused = [
            each for each in accepted if not any(matches(each, change) for change in breaking)
        ]
        problems += [f"{ACCEPTED} accepts a change that does not exist: {each}" for each in unused]
    if breaking and old != new and not allows_breaking_changes(new, since=old):
        problems.append(
            f"The version does not allow breaking changes. Set the version to {next_breaking_version(old)}."
        )
    lines += [f"\n**{problem}**" for problem in problems]
    return "\n".join(lines), not problems


def release(root: Path, revision: Json) -> str:
    """Make the contract the released one, and return its file."""
    find_released(root).unlink()
    file = root / RELEASED / f"chatroutes-{revision['info']['version']}.yaml"
    file.write_bytes((root / SPEC).read_bytes())
    (root / ACCEPTED).write_text(NOTHING_ACCEPTED, "utf-8")
    return file.relative_to(root).as_posix()


def main(words: list[str], root: Path = ROOT) -> int:
    """Compare the contract of the work tree at `root`, and return the exit code."""
    parser = argparse.ArgumentParser(description="Report how the contract changed.")
    parser.add_argument(
        "base", nargs="?", help="a git ref or a file; by default the contract of the last release"
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="fail if there are breaking changes that are not accepted",
    )
    parser.add_argument(
        "--release", action="store_true", help="after the check, make the contract the released one"
    )
    parser.add_argument(
        "--if-there", action="store_true", help="succeed if Node.js is not installed"
    )
    arguments = parser.parse_args(words)
    try:
        name, text = read_base(arguments.base, root)
        revision = parse((root / SPEC).read_text("utf-8"), SPEC)
        accepted = read_accepted(root)
        markdown, allowed = report(
            parse(text, name),
            revision,
            name,
            accepted,
            is_released=arguments.base is None,
            if_there=arguments.if_there,
        )
    except NothingToCompareError as reason:
        print(reason)
        return 0
    except ComparisonError as error:
        print(error, file=sys.stderr)
        return 2
    print(markdown)
    if arguments.release and allowed:
        print(f"\nThe released contract is now {release(root, revision)}.")
    return 1 if (arguments.check or arguments.release) and not allowed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
