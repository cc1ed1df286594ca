"""Tell, as JSON, what is installed as `chatroutes` here, and which of its files are not as published."""

import base64
import hashlib
import importlib.metadata
import json
import sys

installed = importlib.metadata.distribution("chatroutes")
changed = []
unpacked = 0
for file in installed.files or []:
    if file.hash is not None:
        unpacked += 1
        digest = hashlib.new(file.hash.mode, file.read_binary()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != file.hash.value:
            changed.append(str(file))
description = {
    "version": installed.version,
    "readme": installed.metadata.get_payload(),
    "files": unpacked,
    "changed": changed,
}
sys.stdout.write(json.dumps(description))
