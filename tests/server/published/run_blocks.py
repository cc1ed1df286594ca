"""Run blocks of code one after another, as one program, and tell as JSON what each brought about.

Reads {"base_url": …, "blocks": [[line, code], …]}. For each block, gives what it printed and the
texts, lists and objects that there are after it.
"""

import contextlib
import io
import json
import sys

task = json.load(sys.stdin)
names = {"__name__": "__main__"}
results = []
for line, code in task["blocks"]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        # Blank lines before it give the code the line numbers that it has in the documentation.
        exec(compile("\n" * (line - 1) + code, "documentation", "exec"), names)
    assert names["client"].base_url == task["base_url"]
    values = {name: value for name, value in names.items() if isinstance(value, (str, list, dict))}
    del values["__name__"]
    values.pop("__builtins__", None)
    # The text first: what a later block changes does not change it.
    results.append(json.dumps([out.getvalue(), values]))
sys.stdout.write("[" + ",".join(results) + "]")
