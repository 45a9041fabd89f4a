#!/usr/bin/env python3
"""How often `sni-lab analyze` cries wolf, and how often it stays silent.

Runs `sni-lab analyze --json` on every file and folder of tests/data/public,
compares the findings with expected.tsv and prints the figures. A case is
"noisy" when an expert calls it clean and the analyzer gives a warning or an
error; it is "missed" when something is wrong with it and the analyzer gives
neither, and "unnamed" when what it says at those levels is about something
else (column `codes` of expected.tsv: any one of them names the fault).

    tests/compat/public_corpus.py build/dev/sni-lab
    tests/compat/public_corpus.py build/dev/sni-lab --draw 30 --seed 7
    tests/compat/public_corpus.py build/dev/sni-lab --table before.tsv

Exit code: 0 measured, 1 a limit of --max-noisy or --max-missed was passed,
2 the corpus or the program could not be used.
"""

import argparse
import collections
import csv
import json
import pathlib
import random
import subprocess
import sys

CORPUS = pathlib.Path(__file__).resolve().parent.parent / "data" / "public"
LOUD = ("error", "warning")
SECONDS_PER_CASE = 30


def read_expectations(corpus):
    """Rows of expected.tsv as (file, expectation, reason, codes), in their order."""
    with open(corpus / "expected.tsv", newline="", encoding="utf-8") as table:
        rows = [(row["file"], row["expectation"], row["reason"], set(row["codes"].split()) - {"-"})
                for row in csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE)]
    for file, expectation, _, _ in rows:
        if expectation not in ("clean", "fault"):
            raise ValueError(f"expected.tsv: {file}: no expectation {expectation!r}")
        if not (corpus / file).exists():
            raise ValueError(f"expected.tsv: {file} is not in {corpus}")
    known = {file for file, _, _, _ in rows} | {"README.md", "expected.tsv"}
    extra = sorted(path.name for path in corpus.iterdir() if path.name not in known)
    if extra:
        raise ValueError(f"expected.tsv says nothing about {', '.join(extra)}")
    return rows


def reads_subfolders(program):
    """Whether this build has a flag for going into subfolders."""
    text = subprocess.run([program, "analyze", "--help"], capture_output=True, text=True,
                          timeout=SECONDS_PER_CASE, check=False).stdout
    return "--recursive" in text


def analyze(program, path, recursive):
    """Findings for one case, and what went wrong when there is no answer."""
    command = [program, "analyze", str(path), "--json"]
    if recursive and path.is_dir():
        command.append("--recursive")
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS_PER_CASE,
                              check=False)
    except subprocess.TimeoutExpired:
        return [], f"no answer in {SECONDS_PER_CASE} s"
    try:
        return json.loads(done.stdout)["findings"], ""
    except (ValueError, KeyError):
        said = done.stderr.strip().splitlines()
        return [], f"exit {done.returncode}: {said[0] if said else 'no JSON'}"


def summary(findings):
    """(errors, warnings, infos, 'CODE=n CODE=n') of one case."""
    levels = collections.Counter(one["level"] for one in findings)
    codes = collections.Counter(one["code"] for one in findings)
    text = " ".join(f"{code}={count}" for code, count in sorted(codes.items()))
    return levels["error"], levels["warning"], levels["info"], text


def loud(case):
    return case["broken"] or any(one["level"] in LOUD for one in case["findings"])


def named(case):
    """Whether a warning or error speaks of the very fault."""
    said = {one["code"] for one in case["findings"] if one["level"] in LOUD}
    return bool(said & case["codes"]) if case["codes"] else bool(said)


def measure(program, corpus):
    recursive = reads_subfolders(program)
    cases = []
    for file, expectation, reason, codes in read_expectations(corpus):
        findings, broken = analyze(program, corpus / file, recursive)
        cases.append({"file": file, "expectation": expectation, "reason": reason,
                      "codes": codes, "findings": findings, "broken": broken})
    return cases


def share(part, whole):
    return f"{part} of {whole} ({100.0 * part / whole:.1f} %)" if whole else "0 of 0"


def print_figures(cases):
    clean = [case for case in cases if case["expectation"] == "clean"]
    fault = [case for case in cases if case["expectation"] == "fault"]
    noisy = [case for case in clean if loud(case)]
    missed = [case for case in fault if not loud(case)]
    print(f"cases {len(cases)}: clean {len(clean)}, fault {len(fault)}")
    print(f"clean, but with a warning or error: {share(len(noisy), len(clean))}")
    for case in noisy:
        errors, warnings, _, codes = summary(case["findings"])
        print(f"  {case['file']}: errors {errors}, warnings {warnings}: {case['broken'] or codes}")
    print(f"fault, but no warning or error: {share(len(missed), len(fault))}")
    for case in missed:
        print(f"  {case['file']}: {case['reason']}")
    unnamed = [case for case in fault if loud(case) and not named(case)]
    print(f"fault, but the warnings and errors are about other things: {share(len(unnamed), len(fault))}")
    for case in unnamed:
        print(f"  {case['file']}: {case['reason']}: said {summary(case['findings'])[3]}")
    guilty = collections.Counter()
    for case in noisy:
        guilty.update({one["code"] for one in case["findings"] if one["level"] in LOUD})
    print("codes in clean cases, by number of cases: "
          + (", ".join(f"{code} {count}" for code, count in guilty.most_common()) or "none"))
    return len(noisy), len(missed)


def write_table(path, cases):
    with open(path, "w", encoding="utf-8") as out:
        out.write("file\terrors\twarnings\tinfos\tcodes\n")
        for case in cases:
            errors, warnings, infos, codes = summary(case["findings"])
            out.write(f"{case['file']}\t{errors}\t{warnings}\t{infos}\t{case['broken'] or codes}\n")


def print_draw(cases, count, seed):
    """A random sample of the warnings and errors, to be judged by hand."""
    pool = [(case, one) for case in cases for one in case["findings"] if one["level"] in LOUD]
    for case, one in random.Random(seed).sample(pool, min(count, len(pool))):
        print(f"{one['file']}:{one['line']}:{one['column']}: {one['level']} [{one['code']}]"
              f" (case judged {case['expectation']}: {case['reason']})")
        print(f"    {one['message']}")
        if one.get("hint"):
            print(f"    hint: {one['hint']}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", help="path of sni-lab")
    parser.add_argument("--corpus", type=pathlib.Path, default=CORPUS, help="default: %(default)s")
    parser.add_argument("--table", help="write counts per case to this file, tab separated")
    parser.add_argument("--draw", type=int, default=0, metavar="N",
                        help="print N random warnings and errors with place and text")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="of --draw (default: 1)")
    parser.add_argument("--max-noisy", type=int, metavar="N", help="exit 1 above this number")
    parser.add_argument("--max-missed", type=int, metavar="N", help="exit 1 above this number")
    options = parser.parse_args()
    try:
        cases = measure(options.program, options.corpus)
    except (OSError, ValueError, KeyError) as problem:
        print(f"public_corpus: {problem}", file=sys.stderr)
        return 2
    noisy, missed = print_figures(cases)
    if options.table:
        write_table(options.table, cases)
    if options.draw > 0:
        print_draw(cases, options.draw, options.seed)
    over = ((options.max_noisy is not None and noisy > options.max_noisy)
            or (options.max_missed is not None and missed > options.max_missed))
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
