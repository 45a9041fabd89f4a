#!/usr/bin/env python3
"""Checks proofs by lab/proof/FORMAT.md alone. check_proof.py VECTORS.json prints a verdict for each vector, and
check_proof.py --saved PROOF.json VERIFIER.pub IDENTITY.pub one for each probe of a saved proof."""
import base64
import hashlib
import json
import re
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from cryptography.x509 import load_pem_x509_certificates

ORDER = ["not_routed", "terminated", "report_altered", "altered", "inconclusive", "readable", "proven"]
PREFIX = {"backend": b"sni-lab proof v1\n", "witness": b"sni-lab witness v1\n", "saved": b"sni-lab saved proof v1\n"}
SCHEMA = {"backend": "sni-lab/proof/1", "witness": "sni-lab/witness/1", "saved": "sni-lab/saved-proof/1"}
ENVELOPE = {"backend": "sni-lab/proof-envelope/1", "witness": "sni-lab/proof-envelope/1", "saved": "sni-lab/saved-proof-file/1"}

STREAM = {"bytes", "sha256"}
FIELDS = {
    "sni-lab/proof/1": {"schema", "nonce", "time", "backend", "tls", "exporter_sha256", "leaf_sha256", "streams", "hellos",
                        "client_certificate_sha256", "peer", "proxy_source", "key_log"},
    "sni-lab/witness/1": {"schema", "question", "witness", "time_ms", "complete_since_ms", "let_go", "matching", "sessions",
                          "unread", "other_hellos", "others"},
    "sni-lab/proof-envelope/1": {"schema", "document", "signature"},
    "sni-lab/saved-proof-file/1": {"schema", "document", "signature"},
    "sni-lab/saved-proof/1": {"schema", "time", "version", "scenario", "probes"},
    "probes": {"name", "evidence", "canaries", "expected"},
    "canaries": {"kind", "token", "evidence"},
    "expected": {"verdict", "leaf_sha256", "pin", "status", "backend"},
    "lines": {"passes", "fails", "code", "says", "refusal"},
    "evidence": {"gateway", "sni", "request", "trouble", "tls", "chain", "chain_error", "status", "reason", "server", "nonce",
                 "exporter_sha256", "streams", "hellos", "envelope", "no_envelope", "asked_at", "client_certificate_asked",
                 "sessions", "ticket", "took_ms"},
    "evidence/streams": {"sent", "answer_end", "received"},
    "evidence/sessions": {"listed", "outcome", "error"},
    "trouble": {"stage", "how", "alert", "detail"},
    "ticket": {"direct", "taken_directly", "offered", "taken", "error"},
    "witness": {"address", "question"},
    "tls": {"version", "cipher_suite", "group", "sni", "alpn", "extended_master_secret", "resumed"},
    "streams": {"received", "sent"}, "received": STREAM, "sent": STREAM,
    "hellos": {"sha256", "bytes", "records", "shape"},
    "question": {"nonce", "hello_sha256", "sni", "within_ms"},
    "sessions": {"id", "peer", "proxy_source", "began_ms", "ended_ms", "sni", "alpn", "ja4", "hellos", "early_data_offered",
                 "up_before_tls", "down_before_tls", "server", "up", "down", "client_end", "service_end"},
    "server": {"version", "cipher_suite", "group", "pre_shared_key", "full", "extended_master_secret", "session_ticket",
               "hello_sha256"},
    "up": STREAM | {"checkpoints"}, "down": STREAM | {"checkpoints"},
    "others": {"began_ms", "peer", "ja4", "hello_sha256"},
}


class Refused(Exception):
    pass


OBJECTS = {"tls", "streams", "received", "sent", "question", "server", "up", "down", "evidence", "expected", "lines", "trouble",
           "ticket"}
LISTS = {"hellos", "sessions", "others", "probes", "canaries"}
COUNTS = {"bytes", "records", "let_go", "matching", "unread", "other_hellos", "id", "up_before_tls", "down_before_tls", "status",
          "alert", "answer_end", "listed", "offered", "taken"}
BOOLEANS = {"extended_master_secret", "resumed", "key_log", "early_data_offered", "pre_shared_key", "full", "session_ticket",
            "ticket_offered", "client_certificate_asked", "taken_directly", "complete", "refusal"}
MAY_BE_NULL = {"exporter_sha256", "leaf_sha256", "streams", "client_certificate_sha256", "proxy_source", "sni", "ended_ms",
               "server", "session_ticket"}
MAY_BE_NULL_IN = {"evidence": {"trouble", "tls", "chain_error", "status", "envelope", "asked_at", "sessions", "ticket"},
                  "evidence/streams": {"received"}, "evidence/sessions": {"outcome"}, "trouble": {"alert"},
                  "expected": {"pin", "status", "backend"}}
MAY_BE_THERE = {"sni-lab/proof-envelope/1": {"identity"}, "sni-lab/proof/1": {"server_random"}, "sni-lab/saved-proof/1": {"lab"},
                "sessions": {"ticket_offered"}, "evidence/sessions": {"complete"},
                "expected": {"lines"},
                "evidence": {"address", "alt_svc", "client_certificate_sha256", "ja4", "server_hello_sha256", "witness"}}
# What is another thing in an evidence than elsewhere, and what is bytes there.
ELSEWHERE = {"streams", "sessions"}
BYTES = {"evidence": {"chain_error", "reason", "server", "alt_svc", "envelope", "no_envelope"}, "trouble": {"detail"},
         "evidence/sessions": {"outcome", "error"}, "ticket": {"error"}}


def is_count(value):
    return type(value) is int and 0 <= value < 1 << 64


def is_list_of(value, right):
    return isinstance(value, list) and all(right(item) for item in value)


def is_digest(value):
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None


def is_string(value):
    return isinstance(value, str)


def is_right(owner, name, value):
    """Whether a field that is no object, and no list of these, is of its type."""
    if value is None:
        return name in MAY_BE_NULL or name in MAY_BE_NULL_IN.get(owner, set())
    if name in BYTES.get(owner, set()):
        return is_string(value) and base64.b64encode(base64.b64decode(value)).decode() == value
    if name == "checkpoints":
        return is_list_of(value, is_digest)
    if (owner, name) in {("sessions", "alpn"), ("lines", "passes"), ("lines", "fails")}:
        return is_list_of(value, is_string)
    if name.endswith("sha256") or name in ("nonce", "server_random", "pin"):
        return is_digest(value)
    if name in BOOLEANS:
        return isinstance(value, bool)
    if name in COUNTS:
        return is_count(value)
    return type(value) is int if name in ("time", "asked_at") or name.endswith("_ms") else is_string(value)


def check_fields(name, value):
    """Every object has its fields and no more, each of its type."""
    if not isinstance(value, dict) or set(value) - MAY_BE_THERE.get(name, set()) != FIELDS[name]:
        raise Refused("other fields than " + name)
    for key, inner in value.items():
        if name == "evidence" and key in ELSEWHERE and inner is not None:
            check_fields("evidence/" + key, inner)
        elif name == "evidence" and key == "witness":
            check_fields(key, inner)
        elif (name == "evidence" and key in ELSEWHERE | {"server"}) or (inner is None and is_right(name, key, inner)):
            if not is_right(name, key, inner):
                raise Refused("another type: " + key)
        elif key in LISTS and isinstance(inner, list):
            for item in inner:
                check_fields(key, item)
        elif key in OBJECTS and isinstance(inner, dict):
            check_fields(key, inner)
        elif key in LISTS or (key in OBJECTS and inner is not None and (key, inner) != ("tls", "none")):
            raise Refused("no such value: " + key)
        elif (key, inner) != ("tls", "none") and not is_right(name, key, inner):
            raise Refused("another type: " + key)


def unique(pairs):
    if len({key for key, _ in pairs}) != len(pairs):
        raise Refused("a key twice")
    return dict(pairs)


def parse(text, schema):
    try:
        value = json.loads(text, object_pairs_hook=unique)
    except ValueError as error:
        raise Refused(str(error)) from error
    if not isinstance(value, dict) or value.get("schema") != schema:
        raise Refused("another schema")
    if json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True) != text:
        raise Refused("not canonical")
    check_fields(schema, value)
    return value


def holds(identity, signature, message):
    try:
        load_pem_public_key(identity.encode()).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def open_envelope(text, kind, identity):
    """The document, and whether the expected identity signed it; (None, False) where nobody known did."""
    if (len(text) > 64 << 10 and kind != "saved") or not text.endswith("\n"):
        raise Refused("no envelope")
    envelope = parse(text[:-1], ENVELOPE[kind])
    try:
        document = base64.b64decode(envelope["document"], validate=True)
        signature = base64.b64decode(envelope["signature"], validate=True)
    except (KeyError, ValueError, TypeError) as error:
        raise Refused("no envelope") from error
    signer = envelope.get("identity", identity)
    if kind != "backend" and "identity" in envelope:
        raise Refused("only a backend names its identity")
    if holds(identity, signature, PREFIX[kind] + document):
        if signer != identity:
            raise Refused("signed by the expected identity, and says by another")
        return parse(document.decode("ascii", "strict"), SCHEMA[kind]), True
    if signer == identity or not holds(signer, signature, PREFIX[kind] + document):
        return None, False
    try:
        return parse(document.decode("ascii", "strict"), SCHEMA[kind]), False
    except (Refused, UnicodeDecodeError):
        return None, False


def has_forward_secrecy(tls):
    if tls["version"] == "TLSv1.3":
        return tls["group"] != ""
    return tls["cipher_suite"].startswith(("ECDHE-", "DHE-"))


def compare_streams(streams, client, worse):
    """Rules 10 and 11."""
    if streams is None:
        return ["inconclusive"]
    same = streams["received"] == client["sent"] and streams["sent"] == client["received"]
    return [] if same and streams["sent"]["bytes"] >= client["answer_end"] else [worse]


def compare_hellos(hellos, client, worse):
    """Rule 12."""
    found = []
    if not hellos or not client["hellos"]:
        found.append("inconclusive")
    elif hellos != client["hellos"]:
        bare = [[{**hello, "records": 0} for hello in side] for side in (hellos, client["hellos"])]
        found.append(worse if bare[0] == bare[1] else "terminated")
    return found


def judge_backend(said, client, tls, found):
    if said["nonce"] != client["nonce"]:
        found.append("report_altered")
    if said["tls"] == "none":
        return found + ["terminated"]
    if said["key_log"]:
        found.append("readable")
    bound = tls["version"] == "TLSv1.3" or (tls["version"] == "TLSv1.2" and tls["extended_master_secret"])
    if not bound:
        found.append("inconclusive")
    if client["exporter_sha256"] is None:
        found.append("inconclusive")
    elif said["exporter_sha256"] != client["exporter_sha256"]:
        found.append("terminated")
    if said["tls"] != tls:
        found.append("terminated")
    one_session = not found
    if said["leaf_sha256"] != client["leaf_sha256"]:
        found.append("terminated")
    worse = "altered" if one_session else "terminated"
    return found + compare_streams(said["streams"], client, worse) + compare_hellos(said["hellos"], client, worse)


def compare_witnessed(session, client, worse):
    """Rule 15."""
    found = []
    up, down, received = session["up"], session["down"], client["received"]
    if {key: up[key] for key in STREAM} != client["sent"]:
        cut = up["bytes"] < client["sent"]["bytes"] and not client["answered"]
        found.append("inconclusive" if cut else worse)
    if down["bytes"] < client["answer_end"]:
        found.append(worse)
    elif received is None:
        found.append("inconclusive")
    elif received["bytes"] < down["bytes"]:
        points = {1024 << i: digest for i, digest in enumerate(down["checkpoints"])}
        found.append("inconclusive" if points.get(received["bytes"]) == received["sha256"] else worse)
    elif received != {key: down[key] for key in STREAM}:
        found.append(worse)
    return found


def judge_witness(said, client, tls, found, expected):
    if said["question"] != client["question"]:
        return (["inconclusive"] if client["identity_served"] else []) + ["report_altered"]
    if expected is not None and said["witness"] != expected:
        return ["not_routed"]
    if said["matching"] == 0:
        complete = said["time_ms"] - said["complete_since_ms"] >= said["question"]["within_ms"]
        return found + ["terminated" if complete and said["unread"] == 0 else "inconclusive"]
    if said["matching"] > 1 or len(said["sessions"]) != 1:
        return found + ["inconclusive"]
    session = said["sessions"][0]
    server = session["server"]
    one_session = (not found and server is not None and server["version"] == "TLSv1.3" and server["group"] != ""
                   and server["hello_sha256"] == client["server_hello_sha256"])
    worse = "altered" if one_session else "terminated"
    taken = client["server_hello_sha256"]
    if server is not None and taken is not None and server["hello_sha256"] != taken:
        found.append("terminated")
    elif session["up_before_tls"] or session["down_before_tls"]:
        found.append("inconclusive")
    else:
        found += compare_witnessed(session, client, worse)
    found += compare_hellos(session["hellos"], client, worse)
    if tls["version"] != "TLSv1.3":
        ticket = None if server is None else server["session_ticket"]
        found += ["readable"] if ticket else ["inconclusive"] if ticket is None else []
    return found


def verdict(vector):
    client, kind, expected = vector["client"], vector["kind"], vector["backend"]
    tls = client["tls"]
    found = []
    if client["identity_served"]:
        found.append("inconclusive")
    if not has_forward_secrecy(tls):
        found.append("readable")
    if tls["resumed"]:
        found.append("inconclusive")
    try:
        said, by_expected = open_envelope(vector["envelope"], kind, vector["identity"])
        if said is None:
            return "report_altered"
        if not by_expected:
            meant = said["backend"] == expected
            return "report_altered" if meant or judge_backend(said, client, tls, found) else "not_routed"
        if kind == "backend" and expected is not None and said["backend"] != expected:
            return "not_routed"
        found = (judge_backend(said, client, tls, found) if kind == "backend"
                 else judge_witness(said, client, tls, found, expected))
    except (Refused, KeyError, TypeError, UnicodeDecodeError):
        return "inconclusive"
    return min(found + ["proven"], key=ORDER.index)


def probe_vector(probe, identity):
    """One probe of a saved proof as a vector."""
    seen = probe["evidence"]
    chain = load_pem_x509_certificates(seen["chain"].encode())
    keys = [one.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) for one in chain]
    own = load_pem_public_key(identity.encode()).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    witness = seen.get("witness")
    return {
        "kind": "backend" if witness is None else "witness", "identity": identity, "backend": probe["expected"]["backend"],
        "envelope": base64.b64decode(seen["envelope"] or "").decode("ascii", "replace"),
        "client": {
            "nonce": seen["nonce"], "tls": seen["tls"], "exporter_sha256": seen["exporter_sha256"],
            "leaf_sha256": hashlib.sha256(chain[0].public_bytes(Encoding.DER)).hexdigest(), **seen["streams"],
            "answered": seen["status"] is not None, "hellos": seen["hellos"], "identity_served": own in keys,
            "server_hello_sha256": seen.get("server_hello_sha256"), "question": witness and witness["question"],
        }}


def check_saved(path, verifier, identity):
    """A line for each probe: its name, and what its rules say. Certificate, status and canaries are not looked at."""
    try:
        saved, _ = open_envelope(path.read(), "saved", verifier.read())
    except Refused as error:
        sys.exit(f"refused: {error}")
    if saved is None:
        sys.exit("the verifier did not sign it")
    key = identity.read()
    for probe in saved["probes"]:
        seen = probe["evidence"]
        whole = seen["tls"] and seen["chain"] and seen["streams"]
        print(f"{probe['name']}: {verdict(probe_vector(probe, key)) if whole else 'inconclusive'}")


if __name__ == "__main__":
    if sys.argv[1] == "--saved":
        check_saved(*(open(name, encoding="utf-8") for name in sys.argv[2:]))
        sys.exit()
    with open(sys.argv[1], encoding="utf-8") as file:
        for vector in json.load(file):
            print(f"{vector['name']}: {verdict(vector)}")
