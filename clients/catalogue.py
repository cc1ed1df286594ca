"""The clients that are tried out, each with its generator and the toolchain of its language."""

from __future__ import annotations

import json
import re
import shutil
import sys
import venv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from clients.client import COMPILING, CONTRACT, GENERATING, OLDER_CONTRACT, ROOT, SOURCES, Client
from clients.programs import CARGO, GO, JAVA, MAVEN, NODE, NPM, install_npm_packages, run

Command = Sequence[str | Path]

REQUIREMENTS = SOURCES / "python/requirements.txt"
EXAMPLE = ROOT / "examples/typescript"
ENVIRONMENT = ROOT / ".venv-clients"

# What the example prints, besides the replies and times.
EXAMPLE_TRANSCRIPT = """\
From TypeScript
6 messages on 2 branches
404 NOT_FOUND
"""


def required(package: str) -> str:
    """The version of a Python package that is pinned for the generators."""
    found = re.search(rf"^{package}==(\S+)$", REQUIREMENTS.read_text("utf-8"), re.MULTILINE)
    if found is None:
        raise LookupError(f"{REQUIREMENTS} pins no {package}")
    return found[1]


def packaged(folder: Path, package: str) -> str:
    """The version of an npm package that a folder pins."""
    read = json.loads((folder / "package.json").read_text("utf-8"))
    pinned: dict[str, str] = read.get("dependencies", {}) | read["devDependencies"]
    return pinned[package]


def generators(name: str) -> Path:
    """A program of the generators' own environment, which is made or brought up to date first."""
    programs = ENVIRONMENT / ("Scripts" if sys.platform == "win32" else "bin")
    stamp = ENVIRONMENT / ".stamp"
    wanted = sys.version + REQUIREMENTS.read_text("utf-8")
    if not stamp.exists() or stamp.read_text("utf-8") != wanted:
        venv.create(ENVIRONMENT, clear=True, with_pip=True)
        quiet = ("--quiet", "--disable-pip-version-check")
        run([programs / "python", "-m", "pip", "install", *quiet, "-r", REQUIREMENTS], ROOT, 600)
        stamp.write_text(wanted, "utf-8")
    return programs / name


def lay_out(name: str, folder: Path, generated: Path | None = None) -> None:
    """Put a client's own sources into a folder, and remove what was generated there before."""
    if generated is not None and generated.exists():
        shutil.rmtree(generated)
    shutil.copytree(SOURCES / name, folder, dirs_exist_ok=True)


def openapi_generator(name: str, out: Path, contract: Path = OLDER_CONTRACT) -> None:
    settings = SOURCES / name / "generator.yaml"
    command: Command = [generators("openapi-generator-cli"), "generate", "-i", contract]
    run([*command, "-c", settings, "-o", out], ROOT, GENERATING)


def generate_go(folder: Path) -> None:
    lay_out("go", folder / "conversation", folder / "client")
    openapi_generator("go", folder / "client")


def compile_go(folder: Path) -> None:
    run(["go", "vet", "./..."], folder / "conversation", COMPILING)
    run(["go", "build", "-o", "conversation", "."], folder / "conversation", COMPILING)


def generate_java(folder: Path) -> None:
    lay_out("java", folder, folder / "src")
    openapi_generator("java", folder)


def compile_java(folder: Path) -> None:
    skipped = [f"-D{each}.skip=true" for each in ("maven.test", "maven.javadoc", "maven.source")]
    run(["mvn", "-q", "-B", *skipped, "package"], folder, COMPILING)


def converse_in_java(folder: Path) -> Command:
    classes = (
        f"{folder}/target/classes{';' if sys.platform == 'win32' else ':'}{folder}/target/lib/*"
    )
    return ["java", "-Dfile.encoding=UTF-8", "-cp", classes, "example.Conversation"]


def generate_rust(folder: Path) -> None:
    lay_out("rust", folder / "conversation", folder / "client")
    # For Rust, the generator makes of `anyOf` one struct that needs the fields of all, and of `oneOf` an enum.
    choices = folder / "contract.yaml"
    choices.write_text(OLDER_CONTRACT.read_text("utf-8").replace("anyOf:", "oneOf:"), "utf-8")
    openapi_generator("rust", folder / "client", choices)


def compile_rust(folder: Path) -> None:
    run(["cargo", "build", "--quiet"], folder / "conversation", COMPILING)


def generate_hey_api(folder: Path) -> None:
    lay_out("hey-api", folder, folder / "src/generated")
    install_npm_packages(folder)
    plugins = ("@hey-api/client-fetch", "@hey-api/sdk", "@hey-api/typescript")
    command: Command = ["npx", "--no-install", "openapi-ts", "--input", CONTRACT, "--no-log-file"]
    run([*command, "--output", "src/generated", "--plugins", *plugins], folder, GENERATING)


def compile_hey_api(folder: Path) -> None:
    run(["npx", "--no-install", "tsc"], folder, COMPILING)


def generate_example(_folder: Path) -> None:
    install_npm_packages(EXAMPLE)
    run(["npm", "run", "--silent", "generate"], EXAMPLE, GENERATING)


def compile_example(_folder: Path) -> None:
    run(["npx", "--no-install", "tsc"], EXAMPLE, COMPILING)


def generate_python(folder: Path) -> None:
    lay_out("python", folder)
    command: list[str | Path] = [generators("datamodel-codegen"), "--input", CONTRACT]
    command += ["--input-file-type", "openapi"]
    command += ["--output-model-type", "pydantic_v2.BaseModel", "--output", "chatroutes_models.py"]
    command += ["--target-python-version", "3.11", "--use-annotated", "--use-union-operator"]
    command += ["--use-standard-collections", "--disable-timestamp", "--formatters", "builtin"]
    run(command, folder, GENERATING)


def compile_python(folder: Path) -> None:
    files = ["conversation.py", "chatroutes_models.py"]
    run([generators("mypy"), "--strict", *files], folder, COMPILING)


def catalogue() -> list[Client]:
    """All clients, in the order of the table."""
    typescript: dict[str, Any] = {
        "language": "TypeScript",
        "generates_with": (NODE, NPM),
        "compiles_with": (NODE, NPM),
    }
    by_openapi_generator: dict[str, Any] = {
        "generator": "openapi-generator",
        "version": required("openapi-generator-cli"),
        "generates_with": (JAVA,),
    }
    return [
        Client(
            name="openapi-typescript",
            **typescript,
            generator="openapi-typescript, openapi-fetch",
            version=f"{packaged(EXAMPLE, 'openapi-typescript')}, {packaged(EXAMPLE, 'openapi-fetch')}",
            generate=generate_example,
            compile=compile_example,
            command=lambda _folder: ["node", EXAMPLE / "dist/example.js"],
            transcript=EXAMPLE_TRANSCRIPT,
        ),
        Client(
            name="hey-api",
            **typescript,
            generator="@hey-api/openapi-ts",
            version=packaged(SOURCES / "hey-api", "@hey-api/openapi-ts"),
            generate=generate_hey_api,
            compile=compile_hey_api,
            command=lambda _folder: ["node", "dist/conversation.js"],
        ),
        Client(
            name="go",
            language="Go",
            **by_openapi_generator,
            generate=generate_go,
            compile=compile_go,
            compiles_with=(GO,),
            command=lambda folder: [folder / "conversation/conversation"],
        ),
        Client(
            name="java",
            language="Java",
            **by_openapi_generator,
            generate=generate_java,
            compile=compile_java,
            compiles_with=(JAVA, MAVEN),
            command=converse_in_java,
        ),
        Client(
            name="rust",
            language="Rust",
            **by_openapi_generator,
            generate=generate_rust,
            compile=compile_rust,
            compiles_with=(CARGO,),
            command=lambda folder: [folder / "conversation/target/debug/conversation"],
        ),
        Client(
            name="python",
            language="Python",
            generator="datamodel-code-generator",
            version=required("datamodel-code-generator"),
            generate=generate_python,
            generates_with=(),
            compile=compile_python,
            compiles_with=(),
            command=lambda _folder: [generators("python"), "conversation.py"],
        ),
    ]
