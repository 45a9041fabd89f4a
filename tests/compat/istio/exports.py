"""What `sni-lab export` writes for a cluster, shown to the schemas of its API server."""
import itertools
import json
import pathlib
import subprocess
import tempfile

APIS = (("istio",), ("gateway",), ("istio", "--witness"), ("gateway", "--witness"))
NOTHING = "no service gets a witness"


def written(lab, source, api):
    """The text, and the channel that it says it needs; nothing where there is nothing that --witness could be for."""
    ran = subprocess.run([lab, "export", source, "--api", *api], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if ran.returncode == 0:
        return ran.stdout, "experimental" if "experimental channel must be there" in ran.stderr else "standard"
    if "--witness" in api and NOTHING in ran.stderr:
        return None
    raise RuntimeError(ran.stderr.strip())


def said_of(oracle, files):
    """What the API server of each file's channel says; `files` is a list of (path, channel)."""
    for channel in sorted({channel for _, channel in files}):
        own = [path for path, its in files if its == channel]
        ran = subprocess.run([oracle, "-schemas", channel, *own], capture_output=True, text=True, check=True)
        yield from map(json.loads, ran.stdout.splitlines())


def exports(lab, oracle, sources):
    """True when an API server would take every document."""
    failed, files, named = 0, [], {}
    with tempfile.TemporaryDirectory() as folder:
        for source, api in itertools.product(sources, APIS):
            name = f"export {pathlib.Path(source).stem} --api {' '.join(api)}"
            try:
                export = written(lab, source, api)
            except RuntimeError as error:
                failed += 1
                print(f"{name}: {error}")
                continue
            if export is None:
                continue
            path = pathlib.Path(folder, f"{len(files)}.yaml")
            path.write_text(export[0])
            files.append((path, export[1]))
            named[str(path)] = name
        said = list(said_of(oracle, files))
    for one in said:
        failed += bool(one["refused"])
        for why in one["refused"]:
            print(f"{named[one['file']]}: {why}")
    print(f"{sum(one['documents'] for one in said)} documents of {len(files)} exports, {failed} refused")
    return failed == 0
