"""Holds sni-lab against Istio's own control plane; see README.md. `./run compat istio` calls it."""
import argparse
import collections
import concurrent.futures
import pathlib
import re
import sys
import threading

import answers
import exports
import generated
import live
import reasons

ROOT = pathlib.Path(__file__).resolve().parents[3]
KEPT = ROOT / "tests/data/istio"
BACKENDS = KEPT / "backends.yaml"
LESSONS = ROOT / "scenarios"
WORKERS = 2


class Judge:
    """Asks both sides, from several threads: each has an oracle of its own."""

    def __init__(self, oracle, lab):
        self.program, self.lab = oracle, lab
        self.local, self.oracles, self.listed = threading.local(), [], collections.Counter()

    def istio(self, paths):
        if not hasattr(self.local, "oracle"):
            self.local.oracle = answers.Oracle(self.program)
            self.oracles.append(self.local.oracle)
        return self.local.oracle.ask(paths)

    def compare(self, paths, more_names=(), document=None):
        """(how many questions of each part, the differences without a reason); `document` is Istio's, where it is known"""
        document = document or self.istio(paths)
        if document.get("error") or document["refused"]:
            why = document.get("error") or "; ".join(document["refused"])
            return {"routing": 1}, [("the set", "read", f"refused: {why}")]
        document["names"] += [name for name in more_names if name not in document["names"]]
        theirs = answers.of_istio(document)
        try:
            ours = answers.of_lab(self.lab, paths, document)
        except RuntimeError as error:
            return {"routing": 1}, [("the set", str(error), "read")]
        asked, others = collections.Counter(map(part_of, {**theirs, **ours})), []
        for difference in answers.differences(theirs, ours):
            if names := reasons.reasons(document, difference):
                self.listed.update(names)
                asked[part_of(difference[0])] -= 1
            else:
                others.append(difference)
        return asked, others

    def close(self):
        for oracle in self.oracles:
            oracle.close()


def part_of(question):
    return "analyze" if question.startswith("analyze ") else "routing"


class Sum:
    """Of the parts: how many questions, and how many are answered otherwise."""

    def __init__(self):
        self.asked, self.different = collections.Counter(), collections.Counter()

    def add(self, asked, differences):
        self.asked.update(asked)
        self.different.update(part_of(question) for question, _, _ in differences)

    def tell(self, where):
        """True when nothing differs."""
        for part, asked in sorted(self.asked.items(), reverse=True):
            print(f"{part}: {asked - self.different[part]} of {asked} alike in {where}")
        return not self.different.total()


def kept_sets():
    return sorted(path for path in KEPT.glob("*.yaml") if path != BACKENDS)


def asked_in(path):
    """The kept questions about names: (port, name or None, gateway or None)."""
    found = re.findall(r"^# > (\d+) (\S+?)(?: at (\S+?))?(?::.*)?$", path.read_text(), re.M)
    return [(int(port), None if name == "-" else name, gateway or None) for port, name, gateway in found]


def analyzed_lines(document):
    """What analyzers say of the set's own objects; "~": one side alone, for a reason."""
    theirs, ours = answers.analyzed_by_istio(document), answers.findings((thing, code) for thing, code, _ in document["found"])
    alone = {}
    for difference in answers.differences(theirs, ours):
        if names := reasons.reasons(document, difference):
            who = "Istio" if difference[1] == "nothing" else "sni-lab"
            alone[difference[0]] = f"{who} alone, {' and '.join(names)}"
    own = [question for question in sorted(theirs) if question not in document["of backends"] and question not in alone]
    return [f"# > {question}: said" for question in own] + [f"# ~ {question}: {why}" for question, why in alone.items()]


def answered(path, document):
    """A kept set's text with Istio's answers of today. What it asks stays; a new set asks everything."""
    served = [w for w in document["workloads"] if w["gateways"]]
    asked = asked_in(path) or [(port, name, gateway) for port, name, gateway, _ in answers.questions(document)]
    lines = [f"# As istio.io/istio {document['istio']} answers:"]
    for port, name, gateway in asked:
        workload = next((w for w in served if gateway in (None, *w["gateways"])), {"listeners": []})
        question = answers.key_of(port, name, gateway) if gateway else f"{port} {name or '-'}"
        lines.append(f"# > {question}: {answers.istio_says(workload, port, name)}")
    told = [(key.rsplit(": ", 1)[0], answer) for key, answer in answers.statuses(document["status"]).items()]
    lines += [f"# > {key}: {answer}" for key, answer in sorted(told)]
    lines += [f"# > attached {a['listener']}: {a['routes']}" for a in document["attached"]]
    lines += analyzed_lines(document)
    before, rest = re.match(r"((?:#[^\n]*\n)*)(.*)", path.read_text(), re.S).groups()
    before = [line for line in before.splitlines() if not re.match("# [>~] |# As istio.io/istio ", line)]
    return "\n".join(before + lines) + "\n" + rest


def each(work, items):
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        yield from zip(items, pool.map(work, items))


def tell(name, differences):
    for question, ours, theirs in differences:
        print(f"{name}: {question}: ours {ours} -> Istio's {theirs}")


def update(judge):
    """Writes the kept answers anew."""
    changed = 0
    of_backends = answers.analyzed_by_istio(judge.istio([BACKENDS]))
    for path, document in each(lambda p: judge.istio([p, BACKENDS]), kept_sets()):
        if document.get("error") or document["refused"]:
            sys.exit(f"{path}: {document.get('error') or document['refused']}")
        document.update({"found": answers.found_by_lab(judge.lab, [path, BACKENDS]), "of backends": of_backends})
        text = answered(path, document)
        if text != path.read_text():
            path.write_text(text)
            changed += 1
            print(f"{path.relative_to(ROOT)}: written anew")
    print(f"{changed} of {len(kept_sets())} sets changed")


def kept(judge):
    """True when every kept set is answered alike, the names that it asks and all that it knows."""
    total = Sum()
    def work(path):
        return judge.compare([path, BACKENDS], [name for _, name, _ in asked_in(path)])
    for path, (questions, differences) in each(work, kept_sets()):
        tell(path.stem, differences)
        total.add(questions, differences)
    return total.tell(f"{len(kept_sets())} sets")


def exported(judge, count, seed):
    """True when an API server would take whatever is exported of the lessons and the kept sets, or of generated ones."""
    def show(sources):
        return exports.exports(judge.lab, judge.program, sources)
    if count:
        return generated.written(judge, count, seed, show)
    lessons = sorted(path.name for path in LESSONS.iterdir() if path.is_dir())
    return show(lessons + [str(path) for path in kept_sets()])


def main():
    flags = argparse.ArgumentParser(prog="./run compat istio")
    flags.add_argument("--oracle", required=True, help=argparse.SUPPRESS)
    flags.add_argument("--lab", required=True, help=argparse.SUPPRESS)
    flags.add_argument("--update", action="store_true", help="write the kept answers anew")
    flags.add_argument("--live", metavar="SCENARIO", nargs="*", help="play lessons (all) on an Envoy that Istio's control plane configures")
    flags.add_argument("--exports", action="store_true", help="show what export writes of them to an API server's schemas, and nothing else")
    flags.add_argument("--generated", metavar="COUNT", type=int, help="compare so many generated sets in place of the kept ones")
    flags.add_argument("--seed", metavar="N", type=int, default=1, help="number of the first of them (default: 1)")
    flags.add_argument("--envoy", help=argparse.SUPPRESS)
    options = flags.parse_args()
    if options.live is not None:
        sys.exit(0 if live.live(options.lab, options.oracle, options.envoy, options.live) else 1)
    judge = Judge(options.oracle, options.lab)
    try:
        alike = True
        if options.update:
            update(judge)
        elif options.exports:
            alike = exported(judge, options.generated, options.seed)
        elif options.generated:
            alike = generated.generated(judge, each, Sum(), options.generated, options.seed)
        else:
            alike = kept(judge) & exported(judge, None, None)
        for name, count in judge.listed.most_common():
            print(f"{count} more differ as the READMEs of lab/routing and lab/analyze list: {name}")
    finally:
        judge.close()
    sys.exit(0 if alike else 1)


if __name__ == "__main__":
    main()
