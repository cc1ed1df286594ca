"""Meet the errors of the installed release, each as the class that its documentation names.

Arguments: the base URL and the key. The server is to refuse the first list of conversations for
its rate, to fail the first four requests for a tree and to cut the first stream short. Prints the
class, status and code of each error.
"""

import sys

from chatroutes import ChatRoutes, ChatRoutesError

BASE_URL, KEY = sys.argv[1:]


def error_of(function, *arguments):
    try:
        function(*arguments)
    except ChatRoutesError as error:
        caught = error
    else:
        raise AssertionError("no error came")
    assert caught.message == str(caught) != ""
    sys.stdout.write(f"{type(caught).__name__} {caught.status_code} {caught.code}\n")
    return caught


client = ChatRoutes(KEY, BASE_URL, retry_attempts=0)
talk = client.conversations.create({"title": "Talk"})
[main] = client.branches.list(talk["id"])

stranger = ChatRoutes("another-key", BASE_URL)
error_of(stranger.conversations.list)
error_of(stranger.messages.stream, talk["id"], {"content": "Hi"}, print)

# What the server was asked to do wrong.
limited = error_of(client.conversations.list)
assert limited.retry_after == 7
assert client.conversations.list()["total"] == 1

error_of(client.conversations.get_tree, talk["id"])
patient = ChatRoutes(KEY, BASE_URL, retry_attempts=3, retry_delay=0)
assert patient.conversations.get_tree(talk["id"])["metadata"]["totalNodes"] == 0

chunks = []
error_of(client.messages.stream, talk["id"], {"content": "Hi"}, chunks.append)
assert len(chunks) == 2

# What it refuses of its own accord.
error_of(client.conversations.get, "conv_none")
error_of(client.messages.update, "msg_none", "Hi")
error_of(client.branches.merge, talk["id"], "br_none")
error_of(client.messages.stream, "conv_none", {"content": "Hi"}, print)

invalid = error_of(client.messages.send, talk["id"], {"content": 5})
assert "content" in invalid.message
error_of(client.conversations.create, {})
error_of(client.conversations.list, {"limit": -1})
error_of(client.messages.stream, talk["id"], {"model": "gpt-4"}, print)

# A conflict has no class of its own.
error_of(client.branches.merge, talk["id"], main["id"])
