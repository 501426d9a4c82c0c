#!/usr/bin/env bash
# ceralacca beside its peers, in one run, on one file: medians, ratios and peak memory as Markdown.
#
#     cargo build --release && benches/peers.sh > measured.md
#     SIZE_MIB=6144 RUNS=3 ONLY=extend benches/peers.sh      # raising 6 GiB: 12 GiB of tmpfs
#
# SIZE_MIB=1024   size of the content
# RUNS=5          runs of each row after one warm-up; the rows of a group take turns
# BIG=1           the memory rows over a 6 GiB file too (some 25 GiB of disk)
# ONLY=regex      only the groups whose title matches: verify, sign, detached, cosign, extend, container, disk, start, memory
# MEMBERS=10000   members of the container, of MEMBER_KIB=100 each
# TMPFS=/dev/shm  DISK=target   where the outputs of the two kinds go (the content lies there too)
# CERALACCA=target/release/ceralacca
# PEERS_VENV=…    a Python environment with pyHanko, for its rows
#
# Needs: openssl, GNU time, python3 (standard library only). Nothing here reaches the network.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec python3 - <<'PYTHON'
import glob, os, re, shutil, socket, statistics, subprocess, sys, tempfile, time

MIB = 1 << 20
size = int(os.environ.get("SIZE_MIB", "1024")) * MIB
runs = int(os.environ.get("RUNS", "5"))
only = re.compile(os.environ.get("ONLY", "."))
binary = os.path.abspath(os.environ.get("CERALACCA", "target/release/ceralacca"))
venv = os.environ.get("PEERS_VENV", os.path.expanduser("~/.cache/ceralacca-judges/venv"))
pyhanko = os.path.join(venv, "bin", "python")
gnu_time = shutil.which("time")
if not os.access(binary, os.X_OK):
    sys.exit(f"{binary} is not there: cargo build --release")
if not gnu_time:
    sys.exit("GNU time is not there: apt-get install time")
missed = []  # rows of ours that failed or missed their aim


def say(text=""):
    print(text, flush=True)


def note(text):
    print(text, file=sys.stderr, flush=True)


def must(*command, **options):
    """A step of the preparation."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\nexit {done.returncode}: {done.stderr.decode(errors='replace')[-800:]}")
    return done.stdout.decode(errors="replace")


def remove(paths):
    for path in paths:
        if os.path.lexists(path):
            os.unlink(path)


def once(command, outputs=(), settle=False):
    """Wall seconds, processor seconds, exit code and the end of stderr of one run; old outputs are removed first."""
    remove(outputs)
    if settle:
        os.sync()  # what an earlier row left to be written is not this row's work
    with tempfile.TemporaryFile() as errors:
        begun = time.perf_counter()
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, used = os.wait4(child.pid, 0)
        wall = time.perf_counter() - begun
        child.returncode = os.waitstatus_to_exitcode(status)  # nobody else shall wait for it
        errors.seek(0)
        lines = errors.read().decode(errors="replace").strip().splitlines()
    return wall, used.ru_utime + used.ru_stime, child.returncode, (lines[-1][:120] if lines else "")


def peak(command, outputs=()):
    """ru_maxrss of the child in MiB, asked through GNU time: this Python's own memory would count as the child's before its exec."""
    remove(outputs)
    with tempfile.NamedTemporaryFile("r") as report:
        code = subprocess.run([gnu_time, "-q", "-f", "%M", "-o", report.name, *command],
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
        return int(report.read().split()[-1]) / 1024, code


def group(title, rows, settle=False):
    """Rows are (label, command, outputs, base, aim): base is the sum of the named rows, or of a set of them the slower; aim the
    highest ratio allowed, or None.

    The aim is one of wall time. Processor time (user and system, all threads) stands beside it: it changes less on a machine
    that has other work.
    """
    if not only.search(title):
        return
    note(f"{title} …")
    walls, cpus, failed = {row[0]: [] for row in rows}, {row[0]: [] for row in rows}, {}
    for turn in range(runs + 1):
        for label, command, outputs, *_ in rows:
            if label in failed:
                continue
            wall, cpu, code, message = once(command, outputs, settle)
            if code != 0:
                failed[label] = f"exit {code}: {message}"
            elif turn > 0:  # the first turn warms the caches
                walls[label].append(wall)
                cpus[label].append(cpu)
    memory = {label: peak(command, outputs)[0] for label, command, outputs, *_ in rows if label not in failed}
    for _, _, outputs, *_ in rows:
        remove(outputs)
    median = {label: statistics.median(w) for label, w in walls.items() if w and label not in failed}
    busy = {label: statistics.median(cpus[label]) for label in median}
    say(f"\n### {title}\n")
    say("| operation | median s | min..max | ratio | of | aim | cpu s | cpu ratio | peak MiB |")
    say("|---|---|---|---|---|---|---|---|---|")
    for label, _, _, base, aim in rows:
        ours = label.startswith("ceralacca")
        if label in failed:
            say(f"| {label} | failed, {failed[label]} | | | | | | | |")
            if ours:
                missed.append(f"{title}: {label}: {failed[label]}")
            continue
        ratio = target = cpu = ""
        slower = isinstance(base, set)
        base = sorted(base) if slower else base
        names = f"slower of {', '.join(base)}" if slower else " + ".join(base)
        if base and all(name in median for name in base):
            together = max if slower else sum
            value = median[label] / together(median[name] for name in base)
            ratio = f"{value:.2f}"
            cpu = f"{busy[label] / together(busy[name] for name in base):.2f}"
            if aim:
                target = f"≤ {aim:.2f} {'ok' if value <= aim else '**missed**'}"
                if value > aim:
                    missed.append(f"{title}: {label}: {value:.2f} times {names}, aim {aim:.2f}")
        say(f"| {label} | {median[label]:.3f} | {min(walls[label]):.3f}..{max(walls[label]):.3f} | {ratio} | {names} | {target} | "
            f"{busy[label]:.2f} | {cpu} | {memory[label]:.1f} |")


def fill(path, length):
    """Random octets: nothing on the way can compress them or leave holes."""
    with open(path, "wb") as out:
        left = length
        while left > 0:
            out.write(os.urandom(min(left, 4 * MIB)))
            left -= 4 * MIB


PYHANKO_SIGN = """
import asyncio, sys
from pyhanko.sign.signers import SimpleSigner
from pyhanko.sign.timestamps import HTTPTimeStamper
source, target, p12, secret, *tsa = sys.argv[1:]
signer = SimpleSigner.load_pkcs12(p12, passphrase=open(secret, 'rb').read().strip())
stamper = HTTPTimeStamper(tsa[0]) if tsa else None
async def go():
    with open(source, 'rb') as content:
        return await signer.async_sign_general_data(
            content, 'sha256', detached=True, use_cades=True, timestamper=stamper, chunk_size=1 << 20)
open(target, 'wb').write(asyncio.run(go()).dump())
"""
PYHANKO_VERIFY = """
import asyncio, sys
from asn1crypto import cms
from pyhanko.keys import load_cert_from_pemder
from pyhanko.sign.validation.generic_cms import async_validate_detached_cms
from pyhanko_certvalidator import ValidationContext
content, signature, *roots = sys.argv[1:]
data = cms.ContentInfo.load(open(signature, 'rb').read())['content']
context = ValidationContext(trust_roots=[load_cert_from_pemder(r) for r in roots], revocation_mode='soft-fail')
with open(content, 'rb') as source:
    status = asyncio.run(async_validate_detached_cms(source, data, signer_validation_context=context, chunk_size=1 << 20))
sys.exit(0 if status.intact and status.valid and status.trusted else 1)
"""


def main():
    tmpfs = tempfile.mkdtemp(prefix="ceralacca-peers-", dir=os.environ.get("TMPFS", "/dev/shm"))
    disk = tempfile.mkdtemp(prefix="ceralacca-peers-", dir=os.environ.get("DISK", "target"))
    try:
        measure(tmpfs, disk)
    finally:
        shutil.rmtree(tmpfs, ignore_errors=True)
        shutil.rmtree(disk, ignore_errors=True)
    if missed:
        note("missed:\n  " + "\n  ".join(missed))
        sys.exit(1)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def serve(lab, port):
    """The lab's servers, for as long as they are needed."""
    served = subprocess.Popen([binary, "lab", "serve", lab], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return served
        except OSError:
            time.sleep(0.1)
    served.terminate()
    sys.exit("the lab does not answer")


def measure(tmpfs, disk):
    lab, port = os.path.join(disk, "lab"), free_port()
    must(binary, "lab", "init", lab, "--port", str(port))
    key = {}
    for who in ("presidente", "segretario"):
        p12, secret = f"{lab}/signers/{who}.p12", f"{lab}/signers/{who}.pin"
        pem, chain = f"{disk}/{who}.pem", f"{disk}/{who}-chain.pem"
        must("openssl", "pkcs12", "-in", p12, "-passin", f"file:{secret}", "-nodes", "-clcerts", "-out", pem)
        must("openssl", "pkcs12", "-in", p12, "-passin", f"file:{secret}", "-nokeys", "-cacerts", "-out", chain)
        key[who] = {"ours": ["--key", f"p12:{p12}", "--password-file", secret], "p12": p12, "secret": secret,
                    "openssl": ["-md", "sha256", "-nosmimecap", "-signer", pem, "-inkey", pem, "-certfile", chain]}
    anchors = sorted(path for path in glob.glob(f"{lab}/trust/*") if os.path.isfile(path))
    roots = f"{disk}/roots.pem"
    with open(roots, "w") as out:
        for anchor in anchors:
            out.write(must("openssl", "x509", "-in", anchor))
    trust = ["--trust", f"{lab}/trust"]
    for kind, flag in (("*.crl", "--crl"), ("*.ors", "--ocsp"), ("*.ocsp", "--ocsp")):
        for path in sorted(glob.glob(f"{lab}/revocation/{kind}")):
            trust += [flag, path]

    president, secretary = key["presidente"], key["segretario"]
    content, out = f"{tmpfs}/content.bin", f"{tmpfs}/out"
    der, ber, p7s = f"{tmpfs}/der.p7m", f"{tmpfs}/ber.p7m", f"{tmpfs}/detached.p7s"
    note(f"preparing {size // MIB} MiB …")
    fill(content, size)
    must(binary, "sign", content, *president["ours"], "-o", der)
    must(binary, "sign", content, "--detached", *president["ours"], "-o", p7s)
    stream = ["openssl", "cms", "-sign", "-binary", "-nodetach", "-stream", "-outform", "DER", "-cades", *president["openssl"]]
    if only.search("verify attached (tmpfs)"):
        must(*stream, "-in", content, "-out", ber)

    say(f"## {size // MIB} MiB, medians of {runs} runs\n")
    with open("/proc/cpuinfo") as info:
        model = next((line.split(":")[1].strip() for line in info if line.startswith("model name")), "unknown processor")
    flags = open("/proc/cpuinfo").read().split()
    say(f"- {model}, {os.cpu_count()} cores{', SHA-NI' if 'sha_ni' in flags else ''}; {must('uname', '-sr').strip()}; "
        f"load when begun {os.getloadavg()[0]:.1f}")
    say(f"- {must(binary, '--version').strip()}, {os.path.getsize(binary):,} bytes; {must('openssl', 'version').strip()}")

    dgst = ("openssl dgst", ["openssl", "dgst", "-sha256", content], [], [], None)
    copy = ("cp", ["cp", content, out], [out], [], None)
    verify = ["openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-CAfile", roots, "-purpose", "any"]
    to_null = ["-out", "/dev/null"]
    group("verify attached (tmpfs)", [
        dgst,
        ("ceralacca verify, DER", [binary, "verify", der, *trust], [], ["openssl dgst"], 1.10),
        ("ceralacca verify, BER", [binary, "verify", ber, *trust], [], ["openssl dgst"], 1.10),
        ("openssl cms -verify, DER", [*verify, "-in", der, *to_null], [], ["openssl dgst"], None),
        ("openssl cms -verify, BER", [*verify, "-in", ber, *to_null], [], ["openssl dgst"], None),
    ])
    group("sign attached (tmpfs)", [
        dgst, copy,
        ("ceralacca sign (DER, one pass)", [binary, "sign", content, *president["ours"], "-o", out], [out], ["openssl dgst", "cp"], 1.20),
        ("openssl cms -sign -stream (BER)", [*stream, "-in", content, "-out", out], [out], ["openssl dgst", "cp"], None),
        ("openssl cms -sign (DER)", [word for word in stream if word != "-stream"] + ["-in", content, "-out", out], [out],
         ["openssl dgst", "cp"], None),
    ])
    detached = [
        dgst,
        ("ceralacca sign --detached", [binary, "sign", content, "--detached", *president["ours"], "-o", out], [out], ["openssl dgst"], 1.10),
        ("ceralacca verify --content", [binary, "verify", p7s, "--content", content, *trust], [], ["openssl dgst"], 1.10),
        ("openssl cms -sign", ["openssl", "cms", "-sign", "-binary", "-outform", "DER", "-cades", *president["openssl"],
                               "-in", content, "-out", out], [out], ["openssl dgst"], None),
        ("openssl cms -verify -content", [*verify, "-in", p7s, "-content", content, *to_null], [], ["openssl dgst"], None),
    ]
    if os.access(pyhanko, os.X_OK):
        detached += [
            ("pyHanko sign", [pyhanko, "-c", PYHANKO_SIGN, content, out, president["p12"], president["secret"]], [out], ["openssl dgst"], None),
            ("pyHanko validate", [pyhanko, "-c", PYHANKO_VERIFY, content, p7s, *anchors], [], ["openssl dgst"], None),
        ]
    else:
        note(f"skipped: no pyHanko in {venv}")
    group("detached (tmpfs)", detached)
    group("cosign (tmpfs)", [
        dgst, copy,
        ("ceralacca cosign, detached", [binary, "cosign", p7s, "--content", content, *secretary["ours"], "-o", out], [out],
         ["openssl dgst"], 1.10),
        ("ceralacca cosign, attached", [binary, "cosign", der, *secretary["ours"], "-o", out], [out], ["openssl dgst", "cp"], 1.20),
        ("openssl cms -resign, attached", ["openssl", "cms", "-resign", "-binary", "-nodetach", "-inform", "DER", "-outform", "DER", "-cades",
                                           *secretary["openssl"], "-in", der, "-out", out], [out], ["openssl dgst", "cp"], None),
    ])

    on_disk, disk_out = f"{disk}/content.bin", f"{disk}/out"
    if only.search("sign attached (disk)"):
        shutil.copyfile(content, on_disk)
        must("sync", "-f", on_disk)
    group("sign attached (disk)", [
        ("openssl dgst", ["openssl", "dgst", "-sha256", on_disk], [], [], None),
        ("cp", ["cp", on_disk, disk_out], [disk_out], [], None),
        ("cp; sync -f", ["sh", "-c", 'cp "$1" "$2" && sync -f "$2"', "sh", on_disk, disk_out], [disk_out], [], None),
        ("ceralacca sign (durable)", [binary, "sign", on_disk, *president["ours"], "-o", disk_out], [disk_out],
         ["openssl dgst", "cp; sync -f"], 1.20),
        ("openssl cms -sign -stream", [*stream, "-in", on_disk, "-out", disk_out], [disk_out], ["openssl dgst", "cp"], None),
    ], settle=True)
    remove([on_disk])

    if only.search("start-up"):
        note("start-up …")
        say("\n### start-up\n\n| command | median ms | aim |\n|---|---|---|")
        for label, command, aim in (("ceralacca --version", [binary, "--version"], 10), ("openssl version", ["openssl", "version"], None)):
            once(command)
            wall = statistics.median(once(command)[0] for _ in range(40)) * 1000
            say(f"| {label} | {wall:.1f} | {'' if aim is None else f'≤ {aim} ' + ('ok' if wall <= aim else '**missed**')} |")
            if aim and wall > aim:
                missed.append(f"start-up: {wall:.1f} ms, aim {aim}")

    served = None
    if any(only.search(title) for title in ("sign detached, level T (tmpfs)", "extend attached (tmpfs)")):
        served = serve(lab, port)
        try:
            raise_levels(content, der, ber, p7s, out, f"http://127.0.0.1:{port}", lab, president, secretary)
        finally:
            served.terminate()
            served.wait()
    remove([content, der, ber, p7s])
    if only.search("container (tmpfs)"):
        container(tmpfs, president, trust)
    if only.search("memory"):
        memory(disk, size, president, secretary, trust)
        if os.environ.get("BIG") == "1":
            memory(disk, 6 << 30, president, secretary, trust)


def raise_levels(content, der, ber, p7s, out, url, lab, president, secretary):
    """Levels T to LTA: beside one digest and one copy of the same file, which is what they cannot do without."""
    online = ["--tsa", f"{url}/tsa", "--trust", f"{lab}/trust", "--allow-net", "127.0.0.0/8"]
    stamped = [
        ("openssl dgst", ["openssl", "dgst", "-sha256", content], [], [], None),
        ("ceralacca sign --detached --level t", [binary, "sign", content, "--detached", "--level", "t", "--tsa", f"{url}/tsa",
                                                 *president["ours"], "-o", out], [out], ["openssl dgst"], 1.10),
    ]
    if os.access(pyhanko, os.X_OK):
        stamped.append(("pyHanko sign, T", [pyhanko, "-c", PYHANKO_SIGN, content, out, president["p12"], president["secret"], f"{url}/tsa"],
                        [out], ["openssl dgst"], None))
    group("sign detached, level T (tmpfs)", stamped)
    if not only.search("extend attached (tmpfs)"):
        return
    # Three files of this size are one too many for the memory of a small machine.
    remove([content, ber, p7s])
    archived = out + ".lta"
    rows = [
        ("openssl dgst", ["openssl", "dgst", "-sha256", der], [], [], None),
        ("cp", ["cp", der, out], [out], [], None),
    ]
    for level in ("t", "lt", "lta"):
        rows.append((f"ceralacca extend --level {level}", [binary, "extend", der, "--level", level, *online, "-o", out], [out],
                     {"openssl dgst", "cp"}, 1.30))
    group("extend attached (tmpfs)", rows)
    must(binary, "extend", der, "--level", "lta", *online, "-o", archived)
    remove([der])
    group("extend attached, renewal and countersignature (tmpfs)", [
        ("openssl dgst", ["openssl", "dgst", "-sha256", archived], [], [], None),
        ("cp", ["cp", archived, out], [out], [], None),
        ("ceralacca extend --level lta, again", [binary, "extend", archived, "--level", "lta", *online, "-o", out], [out],
         {"openssl dgst", "cp"}, 1.30),
        ("ceralacca countersign", [binary, "countersign", archived, "--signature", "1", *secretary["ours"], "-o", out], [out],
         {"openssl dgst", "cp"}, 1.30),
        # Some hundred milliseconds of it are public keys, whatever the size.
        ("ceralacca verify, LTA", [binary, "verify", archived, "--trust", f"{lab}/trust"], [], ["openssl dgst"], None),
    ])
    remove([archived])


def container(tmpfs, president, trust):
    """An ASiC-E of many members: listed and verified as it stands, beside the digests of the same files lying open."""
    count, each = int(os.environ.get("MEMBERS", "10000")), int(os.environ.get("MEMBER_KIB", "100")) << 10
    folder, made = f"{tmpfs}/members", f"{tmpfs}/members.asice"
    os.mkdir(folder)
    names = [f"{folder}/{n:05}.bin" for n in range(count)]
    for name in names:
        fill(name, each)
    command = [binary, "sign", *names, "--format", "asic-e", *president["ours"], "-o", made]
    if subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True).returncode != 0:
        note("skipped: no ASiC-E could be made")
        shutil.rmtree(folder)
        return
    digests = ["sh", "-c", 'find "$1" -type f -print0 | xargs -0 openssl dgst -sha256', "sh", folder]
    rows = [
        ("openssl dgst, all files", digests, [], [], None),
        ("unzip -tqq", ["unzip", "-tqq", made], [], ["openssl dgst, all files"], None),
        ("unzip -l", ["unzip", "-l", made], [], ["openssl dgst, all files"], None),
        ("ceralacca sign --format asic-e", [*command[:-1], made + ".2"], [made + ".2"], ["openssl dgst, all files"], None),
        ("ceralacca verify", [binary, "verify", made, *trust], [], ["openssl dgst, all files"], None),
        ("ceralacca inspect", [binary, "inspect", made], [], ["openssl dgst, all files"], None),
    ]
    group(f"container (tmpfs), ASiC-E of {count:,} members, {each >> 10} KiB each", rows)
    shutil.rmtree(folder)
    remove([made])


def memory(disk, length, president, secretary, trust):
    """Peak resident memory of ours, on disk; the content has random ends and a hole between, which nobody here skips."""
    note(f"memory, {length // MIB} MiB …")
    content, signed, cosigned, extracted = (f"{disk}/{name}" for name in ("big.bin", "big.p7m", "big2.p7m", "big.out"))
    remove([content, signed, cosigned, extracted])
    fill(content, 4 * MIB)
    os.truncate(content, length - 4 * MIB)
    with open(content, "ab") as out:
        out.write(os.urandom(4 * MIB))
    say(f"\n### memory, attached, {length // MIB} MiB\n\n| operation | peak MiB | aim |\n|---|---|---|")
    for label, command in (
        ("ceralacca sign", [binary, "sign", content, *president["ours"], "-o", signed]),
        ("ceralacca cosign", [binary, "cosign", signed, *secretary["ours"], "-o", cosigned]),
        ("ceralacca verify", [binary, "verify", cosigned, *trust]),
        ("ceralacca extract", [binary, "extract", cosigned, "-o", extracted]),
    ):
        used, code = peak(command)
        good = code == 0 and used <= 32
        say(f"| {label} | {used:.1f}{'' if code == 0 else f', exit {code}'} | ≤ 32 {'ok' if good else '**missed**'} |")
        if not good:
            missed.append(f"memory {length // MIB} MiB: {label}: {used:.1f} MiB, exit {code}")
    if not os.path.exists(extracted) or subprocess.run(["cmp", "-s", content, extracted]).returncode != 0:
        missed.append(f"memory {length // MIB} MiB: the extracted content is not the signed one")
    remove([content, signed, cosigned, extracted])


main()
PYTHON
