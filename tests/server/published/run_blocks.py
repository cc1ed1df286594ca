"""Run code blocks one after another in one namespace, and print the results as JSON.

Reads {"base_url": …, "blocks": [[line, code], …]} from stdin. The result of each block is its output, and
the strings, lists and dicts of the namespace after it.
"""

import contextlib
import io
import json
import sys

task = json.load(sys.stdin)
namespace = {"__name__": "__main__"}
results = []
for line, code in task["blocks"]:
    stdout = io.StringIO()
    with contextlib.redirect_stdout(stdout):
        # The blank lines before the code give it the line numbers of the documentation.
        exec(compile("\n" * (line - 1) + code, "documentation", "exec"), namespace)
    assert namespace["client"].base_url == task["base_url"]
    values = {
        name: value for name, value in namespace.items() if isinstance(value, (str, list, dict))
    }
    del values["__name__"]
    values.pop("__builtins__", None)
    # Encode the values now, because later blocks may change them.
    results.append(json.dumps([stdout.getvalue(), values]))
sys.stdout.write("[" + ",".join(results) + "]")
