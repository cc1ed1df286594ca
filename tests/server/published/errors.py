"""Trigger the errors of the installed release, and print the class, status and code of each.

Arguments: the base URL and the API key. The server must inject these faults: a 429 for the first list of
conversations, an error for the first four requests for a tree, and an incomplete first stream.
"""

import sys

from chatroutes import ChatRoutes, ChatRoutesError

BASE_URL, API_KEY = sys.argv[1:]


def print_error(function, *arguments):
    try:
        function(*arguments)
    except ChatRoutesError as error:
        caught = error
    else:
        raise AssertionError("no error was raised")
    assert caught.message == str(caught) != ""
    sys.stdout.write(f"{type(caught).__name__} {caught.status_code} {caught.code}\n")
    return caught


client = ChatRoutes(API_KEY, BASE_URL, retry_attempts=0)
conversation = client.conversations.create({"title": "Conversation"})
[main] = client.branches.list(conversation["id"])

unauthorized_client = ChatRoutes("another-key", BASE_URL)
print_error(unauthorized_client.conversations.list)
print_error(unauthorized_client.messages.stream, conversation["id"], {"content": "Hi"}, print)

# Injected faults.
rate_limit_error = print_error(client.conversations.list)
assert rate_limit_error.retry_after == 7
assert client.conversations.list()["total"] == 1

print_error(client.conversations.get_tree, conversation["id"])
retrying_client = ChatRoutes(API_KEY, BASE_URL, retry_attempts=3, retry_delay=0)
assert retrying_client.conversations.get_tree(conversation["id"])["metadata"]["totalNodes"] == 0

chunks = []
print_error(client.messages.stream, conversation["id"], {"content": "Hi"}, chunks.append)
assert len(chunks) == 2

# Errors of the server.
print_error(client.conversations.get, "conv_none")
print_error(client.messages.update, "msg_none", "Hi")
print_error(client.branches.merge, conversation["id"], "br_none")
print_error(client.messages.stream, "conv_none", {"content": "Hi"}, print)

validation_error = print_error(client.messages.send, conversation["id"], {"content": 5})
assert "content" in validation_error.message
print_error(client.conversations.create, {})
print_error(client.conversations.list, {"limit": -1})
print_error(client.messages.stream, conversation["id"], {"model": "gpt-4"}, print)

# A conflict has no separate class.
print_error(client.branches.merge, conversation["id"], main["id"])
