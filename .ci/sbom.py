#!/usr/bin/env python3
"""The software bill of materials: CycloneDX 1.5 JSON from Cargo.lock, with the same bytes on every run.

    .ci/sbom.py            writes sbom.cdx.json in the root of the workspace
    .ci/sbom.py --check    exits 1 if that file is stale or does not name every package of Cargo.lock

It asks `cargo metadata --locked` for names, versions, licences and the resolved graph, reads the checksums from Cargo.lock, and
writes no time and no random serial number: the serial number is derived from the contents. Python's standard library only.
"""
import argparse
import hashlib
import json
import pathlib
import subprocess
import sys
import tomllib
import uuid

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "sbom.cdx.json"
PRODUCT = "ceralacca-cli"  # the package of the `ceralacca` binary


def purl(package):
    """The package URL (purl-spec, type cargo)."""
    return f"pkg:cargo/{package['name']}@{package['version']}"


def spdx(expression):
    """Cargo once allowed `MIT/Apache-2.0`; SPDX spells it with OR."""
    return " OR ".join(part.strip() for part in expression.split("/"))


def licences(package):
    if package.get("license"):
        return [{"expression": spdx(package["license"])}]
    if package.get("license_file"):
        return [{"license": {"name": f"see {package['license_file']}"}}]
    return []


def component(package, checksums):
    """One entry; a package from the registry carries the SHA-256 that Cargo.lock pins."""
    entry = {
        "type": "application" if package["name"] == PRODUCT else "library",
        "bom-ref": purl(package),
        "name": package["name"],
        "version": package["version"],
        "scope": "required",
        "purl": purl(package),
    }
    digest = checksums.get((package["name"], package["version"]))
    if digest:
        entry["hashes"] = [{"alg": "SHA-256", "content": digest}]
    if licences(package):
        entry["licenses"] = licences(package)
    if package.get("repository"):
        entry["externalReferences"] = [{"type": "vcs", "url": package["repository"]}]
    return entry


def bill():
    """The whole document, without a time: it changes only when the dependencies do."""
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text(encoding="utf-8"))
    checksums = {(p["name"], p["version"]): p["checksum"] for p in lock["package"] if "checksum" in p}
    metadata = json.loads(subprocess.run(
        ["cargo", "metadata", "--locked", "--all-features", "--format-version", "1"],
        cwd=ROOT, check=True, capture_output=True, text=True).stdout)
    packages = {p["id"]: p for p in metadata["packages"]}

    # What only tests and build scripts reach is in the lock file, and so here, but marked as not shipped.
    nodes = {n["id"]: n for n in metadata["resolve"]["nodes"]}
    product = next(i for i, p in packages.items() if p["name"] == PRODUCT)
    shipped, waiting = set(), [product]
    while waiting:
        node = waiting.pop()
        if node in shipped:
            continue
        shipped.add(node)
        waiting += [d["pkg"] for d in nodes[node]["deps"] if any(k["kind"] is None for k in d["dep_kinds"])]

    components, dependencies = [], []
    for identity, package in packages.items():
        entry = component(package, checksums)
        if identity not in shipped:
            entry["scope"] = "excluded"
        if identity != product:
            components.append(entry)
        dependencies.append({
            "ref": purl(package),
            "dependsOn": sorted({purl(packages[d["pkg"]]) for d in nodes[identity]["deps"]}),
        })
    # The openssl-src crate carries OpenSSL's own sources, which are built and linked in: named as what they are.
    # Its version reads 300.X.Y+OPENSSL.
    for package in packages.values():
        if package["name"] == "openssl-src":
            version = package["version"].partition("+")[2]
            reference = f"pkg:generic/openssl@{version}"
            components.append({
                "type": "library", "bom-ref": reference, "name": "openssl", "version": version, "scope": "required",
                "purl": reference, "licenses": [{"license": {"id": "Apache-2.0"}}],
                "externalReferences": [{"type": "website", "url": "https://www.openssl.org/"}],
            })
            dependencies.append({"ref": reference, "dependsOn": []})
            next(d for d in dependencies if d["ref"] == purl(package))["dependsOn"].append(reference)
    root = component(packages[product], checksums)
    root.pop("scope")  # the subject of the bill has none
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": root},
        "components": sorted(components, key=lambda c: c["bom-ref"]),
        "dependencies": sorted(dependencies, key=lambda d: d["ref"]),
    }
    digest = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
    document["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, 'pkg:cargo/ceralacca#' + digest)}"
    return document, lock


def missing(document, lock):
    """Packages of Cargo.lock that the document does not name."""
    named = {(c["name"], c["version"]) for c in document["components"] + [document["metadata"]["component"]]}
    return sorted({(p["name"], p["version"]) for p in lock["package"]} - named)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--check", action="store_true", help="compare, write nothing")
    check = arguments.parse_args().check
    document, lock = bill()
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    if not check:
        OUTPUT.write_text(text, encoding="utf-8")
        print(f"{OUTPUT.name}: {len(document['components']) + 1} packages")
        return 0
    if not OUTPUT.exists():
        print(f"{OUTPUT.name} is missing: run .ci/sbom.py", file=sys.stderr)
        return 1
    written = OUTPUT.read_text(encoding="utf-8")
    absent = missing(json.loads(written), lock)
    if absent:
        print(f"{OUTPUT.name} does not name: {', '.join(' '.join(p) for p in absent)}; run .ci/sbom.py", file=sys.stderr)
        return 1
    if written != text:
        print(f"{OUTPUT.name} is stale: run .ci/sbom.py and commit it", file=sys.stderr)
        return 1
    print(f"{OUTPUT.name}: all {len(lock['package'])} packages of Cargo.lock are named")
    return 0


if __name__ == "__main__":
    sys.exit(main())
