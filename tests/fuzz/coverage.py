"""Reads the summary that llvm-cov exports, and prints each file of the project that a fuzz target reaches:
lines reached, lines there are, those left; then the sums of each folder."""
import collections, json, os, sys

sums = collections.defaultdict(lambda: [0, 0])
rows = []
for file in json.load(sys.stdin)["data"][0]["files"]:
    name = os.path.relpath(file["filename"])
    lines = file["summary"]["lines"]
    if name.startswith(("..", "tests/", "build/")) or lines["covered"] == 0:
        continue
    rows.append((lines["count"] - lines["covered"], name, lines))
    folder = sums[os.path.dirname(name)]
    folder[0] += lines["covered"]
    folder[1] += lines["count"]

print(f"{'file':52} reached  lines    %  left")
for left, name, lines in sorted(rows, key=lambda row: row[1]):
    print(f"{name:52} {lines['covered']:7} {lines['count']:6} {lines['percent']:4.0f}  {left:4}")
print()
for name, (reached, lines) in sorted(sums.items()):
    print(f"{name + '/':52} {reached:7} {lines:6} {100 * reached / lines:4.0f}  {lines - reached:4}")
