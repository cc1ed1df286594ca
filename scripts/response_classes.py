"""Derive the classes of `with_raw_response` and `with_streaming_response` from the resources.

Each has the methods of a resource that send one request, with the same arguments and another result.
The methods that send one request are the asynchronous ones, except those in `SEVERAL_REQUESTS`. A
method with overloads that returns a stream is derived from its first overload, which has no callbacks.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

STREAM = "AsyncMessageStream"
SEVERAL_REQUESTS = {"export"}
"""The asynchronous methods that send several requests."""

_RAW_HEAD = '''
"""The methods that return a `RawResponse`."""

from __future__ import annotations

{imports}
from .._raw_response import RawResponse
from .response_methods import RawMethods
'''

_STREAMING_HEAD = '''
"""The methods that open a response: see `AsyncStreamingResponse`."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
{imports}
from .response_methods import StreamingMethods
from .streaming_response import AsyncStreamingResponse
'''


@dataclass
class Method:
    """A method of a resource."""

    name: str
    arguments: ast.arguments
    result: str
    summary: str
    names: set[str]
    """The names in its signature."""

    def signature(self, result: str) -> str:
        """Return the line that defines the method with another result."""
        return f"def {self.name}({ast.unparse(self.arguments)}) -> {result}:"

    def call(self, function: str) -> str:
        """Return the call of a function with the name and the arguments of the method."""
        arguments = self.arguments
        names = [each.arg for each in [*arguments.posonlyargs, *arguments.args][1:]]
        given = [repr(self.name), *names]
        given += [f"{each.arg}={each.arg}" for each in arguments.kwonlyargs]
        if arguments.kwarg is not None:
            given.append(f"**{arguments.kwarg.arg}")
        return f"self.{function}({', '.join(given)})"


@dataclass
class Resource:
    """A resource, such as `AsyncMessages`."""

    name: str
    methods: list[Method]
    streams: list[Method]


def derive(folder: Path) -> dict[str, str]:
    """Return the derived modules by the names of their files.

    Args:
        folder: The folder of the resources.
    """
    resources: list[Resource] = []
    imports: dict[str, str] = {}
    for file in sorted(folder.glob("[!_]*.py")):
        source = file.read_text("utf-8")
        resources += find_resources(source)
        imports |= find_imports(source, folder.name)
    raw = [method for each in resources for method in each.methods]
    streaming = [*raw, *(method for each in resources for method in each.streams)]
    raw_head = _RAW_HEAD.format(imports=_select(imports, raw))
    streaming_head = _STREAMING_HEAD.format(imports=_select(imports, streaming))
    return {
        "raw_response_methods.py": raw_head + "".join(map(_raw_class, resources)),
        "streaming_response_methods.py": streaming_head + "".join(map(_streaming_class, resources)),
    }


def find_imports(source: str, package: str) -> dict[str, str]:
    """Return the imports of a module, by name, as a module of the parent package writes them.

    Args:
        source: The module.
        package: The name of its package.
    """
    imports: dict[str, str] = {}
    for node in ast.parse(source).body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            origin = ""
            if isinstance(node, ast.ImportFrom):
                dots = "." * max(node.level - 1, min(node.level, 1))
                inner = f"{package}." if node.level == 1 else ""
                origin = f"from {dots}{inner}{node.module or ''} "
            for each in node.names:
                alias = f" as {each.asname}" if each.asname else ""
                imports[each.asname or each.name] = f"{origin}import {each.name}{alias}"
    return imports


def _select(imports: dict[str, str], methods: list[Method]) -> str:
    """Return the imports that the signatures of the methods need."""
    names = {name for method in methods for name in method.names}
    lines = {line for name, line in imports.items() if name in names}
    # As isort orders them: modules, and then names, of other packages first.
    return "\n".join(sorted(lines, key=lambda line: (".." in line, " ." in line, line)))


def find_resources(source: str) -> list[Resource]:
    """Return the resources that a module defines: the classes whose argument is a requestor."""
    return [
        _read_class(node)
        for node in ast.parse(source).body
        if isinstance(node, ast.ClassDef) and _takes_requestor(node)
    ]


def _takes_requestor(node: ast.ClassDef) -> bool:
    return any(
        isinstance(each, ast.FunctionDef)
        and each.name == "__init__"
        and [argument.arg for argument in each.args.args] == ["self", "requestor"]
        for each in node.body
    )


def _read_class(node: ast.ClassDef) -> Resource:
    methods: list[Method] = []
    streams: dict[str, Method] = {}
    summaries: dict[str, str] = {}
    for each in node.body:
        if not isinstance(each, (ast.AsyncFunctionDef, ast.FunctionDef)) or each.returns is None:
            continue
        result = ast.unparse(each.returns)
        summary = summaries[each.name] = (ast.get_docstring(each) or "").partition("\n")[0]
        annotations = [
            argument.annotation for argument in ast.walk(each.args) if isinstance(argument, ast.arg)
        ]
        names = {
            name.id
            for annotation in (each.returns, *annotations)
            if annotation is not None
            for name in ast.walk(annotation)
            if isinstance(name, ast.Name)
        }
        method = Method(each.name, each.args, result, summary, names)
        if each.name.startswith("_") or each.name in SEVERAL_REQUESTS:
            continue
        if isinstance(each, ast.AsyncFunctionDef):
            methods.append(method)
        elif result == STREAM:
            streams.setdefault(each.name, method)
    for name, method in streams.items():
        # The docstring of the implementation, which is the last one.
        method.summary = summaries[name]
    return Resource(node.name, methods, list(streams.values()))


def _raw_class(resource: Resource) -> str:
    lines = [
        f"class {resource.name}WithRawResponse(RawMethods):",
        f'    """The methods of `{resource.name}`, which return a `RawResponse`."""',
    ]
    for method in resource.methods:
        lines += [
            "",
            f"    async {method.signature(f'RawResponse[{method.result}]')}",
            *_docstring(method),
            f"        return await {method.call('_send')}",
        ]
    return "\n\n" + "\n".join(lines) + "\n"


def _streaming_class(resource: Resource) -> str:
    lines = [
        f"class {resource.name}WithStreamingResponse(StreamingMethods):",
        f'    """The methods of `{resource.name}`, which open a response: see `AsyncStreamingResponse`."""',
    ]
    functions = [(each, "_open") for each in resource.methods]
    functions += [(each, "_open_stream") for each in resource.streams]
    for method, function in functions:
        result = f"AbstractAsyncContextManager[AsyncStreamingResponse[{method.result}]]"
        lines += [
            "",
            f"    {method.signature(result)}",
            *_docstring(method),
            f"        return {method.call(function)}",
        ]
    return "\n\n" + "\n".join(lines) + "\n"


def _docstring(method: Method) -> list[str]:
    return [f'        """{method.summary}"""'] if method.summary else []
