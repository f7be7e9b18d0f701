"""Compares the requests of two records, payload by payload: the JSON Lines are all that a test in another language needs.

usage: compare.py golden.jsonl own.jsonl
"""
import json
import sys


def requests(path):
    in_effect = {}
    for line in map(json.loads, open(path)):
        # A control that a request does not carry keeps its value.
        in_effect.update(line.get("set") or line.get("controls") or {})
        if "request" in line:
            yield dict(in_effect), line["bitstream"].get("crc32")


if len(sys.argv) != 3:
    sys.exit(__doc__)
golden, own = (list(requests(path)) for path in sys.argv[1:3])
different = [f"{len(own)} requests, not {len(golden)}"] if len(own) != len(golden) else []
if not golden:
    different.append("the golden has no request")
for number, ((theirs, sent), (ours, made)) in enumerate(zip(golden, own)):
    names = [name for name in theirs | ours if theirs.get(name) != ours.get(name)]
    different += [f"request {number}: {name}" for name in names + ["bitstream"] * (sent != made)]
print("\n".join(different))
sys.exit(bool(different))
