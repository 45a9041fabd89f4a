"""Holds sni-lab against Istio over generated sets, and makes the smallest manifests of what differs."""
import copy
import json
import pathlib
import subprocess
import tempfile

import generate

SHRUNK = 8  # kinds of difference that are made small; the others are told by their numbers


def identity(doc):
    """As the oracle names an object that it refuses."""
    group = doc["apiVersion"].rpartition("/")[0]
    return f"{doc['kind']}{'.' + group if group else ''} {doc['metadata'].get('namespace', '')}/{doc['metadata']['name']}"


def kind_of(difference):
    """What two differences have in common that are likely to have one cause."""
    question, ours, theirs = difference
    if question[0].isdigit():
        return f"a name: {ours.split()[0]} -> {theirs.split()[0]}"
    if question.startswith("analyze"):
        return f"analyze {question.split()[1]} {question.split()[-1]}: {ours} -> {theirs}"
    if question.startswith("attached"):
        return "attached routes"
    if question == "the set":
        return f"a set: {ours[:30]} -> {theirs[:30]}"
    return f"{question.split()[0]}{' listener' if ' listener ' in question else ''}: {ours} -> {theirs}"


class Generated:
    def __init__(self, judge, folder):
        self.judge, self.folder = judge, pathlib.Path(folder)
        name = "harbor.example"
        subprocess.run([pathlib.Path(judge.lab).resolve(), "certgen", name], cwd=folder, check=True, capture_output=True)
        certs = self.folder / ".sni-lab/certs"
        self.certificate = [(certs / (name + ending)).read_text() for ending in (".crt", ".key")]

    def accepted(self, number):
        """The set without what an API server with Istio's webhook would refuse, and what Istio says of it."""
        docs = generate.documents(number, self.certificate)
        for _ in range(4):
            document = self.judge.istio([self.write(number, docs)])
            refused = {line.split(": ")[0] for line in document["refused"]}
            if not refused:
                return docs, document
            docs = [doc for doc in docs if identity(doc) not in refused]
        return docs, self.judge.istio([self.write(number, docs)])

    def path(self, number):
        return self.folder / f"{number}.yaml"

    def write(self, number, docs):
        path = self.path(number)
        path.write_text(generate.text(docs))
        return path

    def shown(self, docs):
        """The set for people, who know what a certificate looks like."""
        text = generate.text(docs)
        for pem in self.certificate:
            text = text.replace(json.dumps(pem), '"PEM"')
        return text

    def compare(self, number, docs):
        return self.judge.compare([self.write(number, docs)])

    def one(self, number):
        docs, document = self.accepted(number)
        return docs, *self.judge.compare([self.path(number)], document=document)

    def shrink(self, number, docs, kind):
        """Leaves out documents, then elements of their lists, while a difference of this kind stays."""
        def stays(fewer):
            return any(kind_of(d) == kind for d in self.compare(f"{number}-smaller", fewer)[1])
        changed = True
        while changed:
            changed = False
            for smaller in smaller_sets(docs):
                if stays(smaller):
                    docs, changed = smaller, True
                    break
        return docs


def smaller_sets(docs):
    """Halves of a set, then all but one document, then all but one element of a list or field that is not needed."""
    size = len(docs) // 2
    while size:
        for at in range(0, len(docs), size):
            yield docs[:at] + docs[at + size:]
        size //= 2
    for i, doc in enumerate(docs):
        if doc["kind"] in ("Namespace", "Service", "Deployment", "StatefulSet", "DaemonSet", "Pod"):
            continue
        for path in removable(doc.get("spec"), ()):
            smaller = copy.deepcopy(doc)
            place = smaller["spec"]
            for step in path[:-1]:
                place = place[step]
            del place[path[-1]]
            yield docs[:i] + [smaller] + docs[i + 1:]


def removable(value, path):
    """Paths of elements that are not their list's only one, from the outside in."""
    if isinstance(value, list):
        for i, element in enumerate(value):
            if len(value) > 1:
                yield path + (i,)
            yield from removable(element, path + (i,))
    elif isinstance(value, dict):
        for key, element in value.items():
            if key in ("allowedRoutes", "exportTo", "subset", "weight", "bind", "sectionName", "tcp", "http"):
                yield path + (key,)
            yield from removable(element, path + (key,))


def generated(judge, each, total, count, seed):
    """True when no set of the numbers seed … seed + count - 1 is answered otherwise."""
    kinds = {}
    with tempfile.TemporaryDirectory() as folder:
        sets = Generated(judge, folder)
        for number, (docs, questions, differences) in each(sets.one, range(seed, seed + count)):
            total.add(questions, differences)
            for difference in differences:
                kinds.setdefault(kind_of(difference), []).append((len(docs), number, docs, difference))
        for kind, found in sorted(kinds.items(), key=lambda item: -len(item[1])):
            numbers = sorted({number for _, number, _, _ in found})
            print(f"{len(found)} in {len(numbers)} sets: {kind}: {' '.join(map(str, numbers[:10]))}")
        for kind in list(kinds)[:SHRUNK]:
            _, number, docs, _ = min(kinds[kind], key=lambda one: one[:2])
            small = sets.shrink(number, docs, kind)
            print(f"\nthe smallest of {number} for {kind}:\n{sets.shown(small)}", end="")
            for question, ours, theirs in sets.compare(f"{number}-small", small)[1]:
                print(f"# {question}: ours {ours} -> Istio's {theirs}")
    return total.tell(f"{count} generated sets, from number {seed}")


def written(judge, count, seed, show):
    """What `show` says of the files that those sets are written to."""
    with tempfile.TemporaryDirectory() as folder:
        sets = Generated(judge, folder)
        for number in range(seed, seed + count):
            sets.accepted(number)
        return show([str(sets.path(number)) for number in range(seed, seed + count)])
