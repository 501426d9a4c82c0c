#!/usr/bin/env python3
"""Makes the key files of this folder anew: needs only Python and openssl >= 3.0.

Names say what is inside. All passwords are "prova 123" unless the test says
otherwise; the subjects are invented.
"""
import hashlib
import hmac
import os
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TMP = tempfile.mkdtemp()
PASSWORD = b"prova 123"


def run(*args, data=None):
    return subprocess.run(args, check=True, cwd=TMP, input=data, capture_output=True).stdout


def keep(name, octets):
    with open(os.path.join(HERE, name), "wb") as file:
        file.write(octets)


# One issuer, one signer on P-256; a second signer for the file with two keys.
run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
    "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Test CA", "-days", "36500")
for name in ("one", "two"):
    run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
        "-keyout", name + ".key", "-out", name + ".csr", "-subj", "/CN=Test signer " + name)
    run("openssl", "x509", "-req", "-in", name + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key",
        "-CAcreateserial", "-out", name + ".pem", "-days", "36500")


def p12(name, *options, password=PASSWORD, key="one.key", cert="one.pem"):
    with open(os.path.join(TMP, "password"), "wb") as file:
        file.write(password + b"\n")
    run("openssl", "pkcs12", "-export", "-inkey", key, "-in", cert, "-certfile", "ca.pem",
        "-passout", "file:password", "-out", name, *options)
    octets = open(os.path.join(TMP, name), "rb").read()
    keep(name, octets)
    return octets


p12("modern.p12")
p12("legacy-rc2-40.p12", "-legacy")
for short, pbe in (("3des", "PBE-SHA1-3DES"), ("2des", "PBE-SHA1-2DES"),
                   ("rc2-128", "PBE-SHA1-RC2-128"), ("rc4-128", "PBE-SHA1-RC4-128"),
                   ("rc4-40", "PBE-SHA1-RC4-40")):
    p12(f"legacy-{short}.p12", "-legacy", "-certpbe", pbe, "-keypbe", pbe)
p12("no-mac.p12", "-nomac")
p12("plain-bags.p12", "-keypbe", "NONE", "-certpbe", "NONE")
p12("sha512-mac.p12", "-macalg", "sha512", "-certpbe", "AES-128-CBC", "-keypbe", "AES-192-CBC")
p12("empty-password.p12", password=b"")
p12("accents.p12", password="perché€".encode())
# What OpenSSL before 1.1.0 made of the UTF-8 octets of "perché".
p12("accents-old-openssl.p12", "-legacy", "-certpbe", "PBE-SHA1-3DES",
    password="perché".encode().decode("latin-1").encode())
# A Latin-1 desktop: octets that are no UTF-8.
p12("accents-latin1.p12", password="perché".encode("latin-1"))
p12("three-times-4-million.p12", "-iter", "4000000")
p12("no-key.p12", "-nokeys")


# --- a little DER ---------------------------------------------------------
def tlv(tag, *parts):
    body = b"".join(parts)
    n = len(body)
    length = bytes([n]) if n < 128 else bytes([0x80 | (n.bit_length() + 7) // 8]) + n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([tag]) + length + body


def seq(*parts):
    return tlv(0x30, *parts)


def oid(text):
    arcs = [int(a) for a in text.split(".")]
    out = bytearray()
    for arc in [arcs[0] * 40 + arcs[1]] + arcs[2:]:
        chunk = [arc & 0x7F]
        while arc := arc >> 7:
            chunk.append(arc & 0x7F | 0x80)
        out += bytes(reversed(chunk))
    return tlv(6, bytes(out))


def integer(n):
    return tlv(2, n.to_bytes(n.bit_length() // 8 + 1, "big"))


def octets(value):
    return tlv(4, value)


def explicit(value):
    return tlv(0xA0, value)


HMAC_SHA256 = seq(oid("1.2.840.113549.2.9"), b"\x05\x00")


def pbkdf2(salt, iterations, *length):
    return seq(oid("1.2.840.113549.1.5.12"),
               seq(octets(salt), integer(iterations), *map(integer, length), HMAC_SHA256))


def pbes2(plain, iterations, announce=None):
    salt, iv = os.urandom(16), os.urandom(16)
    key = hashlib.pbkdf2_hmac("sha256", PASSWORD, salt, iterations, 32)
    data = run("openssl", "enc", "-aes-256-cbc", "-K", key.hex(), "-iv", iv.hex(), data=plain)
    algorithm = seq(oid("1.2.840.113549.1.5.13"),
                    seq(pbkdf2(salt, announce or iterations),
                        seq(oid("2.16.840.1.101.3.4.1.42"), octets(iv))))
    return algorithm, data


def data(value):
    return seq(oid("1.2.840.113549.1.7.1"), explicit(octets(value)))


def encrypted(plain):
    algorithm, cipher = pbes2(plain, 1000)
    info = seq(oid("1.2.840.113549.1.7.1"), algorithm, tlv(0x80, cipher))
    return seq(oid("1.2.840.113549.1.7.6"), explicit(seq(integer(0), info)))


def bag(arc, value):
    return seq(oid("1.2.840.113549.1.12.10.1." + str(arc)), explicit(value))


def der(*args):
    return run("openssl", *args, "-outform", "DER")


def cert_bag(name):
    cert = der("x509", "-in", name + ".pem")
    return bag(3, seq(oid("1.2.840.113549.1.9.22.1"), explicit(octets(cert))))


def shrouded(name, iterations, announce=None):
    plain = der("pkcs8", "-topk8", "-nocrypt", "-in", name + ".key")
    algorithm, cipher = pbes2(plain, iterations, announce)
    return bag(2, seq(algorithm, octets(cipher)))


def pbmac1(safes):
    salt = os.urandom(16)
    key = hashlib.pbkdf2_hmac("sha256", PASSWORD, salt, 2048, 32)
    algorithm = seq(oid("1.2.840.113549.1.5.14"), seq(pbkdf2(salt, 2048, 32), HMAC_SHA256))
    mac = hmac.new(key, safes, "sha256").digest()
    # RFC 9579: salt and iterations of MacData are present and mean nothing.
    return seq(seq(algorithm, octets(mac)), octets(b"NOT USED"), integer(1))


def pfx(name, *infos):
    safes = seq(*infos)
    keep(name, seq(integer(3), data(safes), pbmac1(safes)))


pfx("pbmac1.p12", data(seq(shrouded("one", 2048))), encrypted(seq(cert_bag("one"))))
pfx("two-keys.p12", data(seq(shrouded("two", 1000), shrouded("one", 1000))),
    encrypted(seq(cert_bag("ca"), cert_bag("one"))))
# 20 million iterations that show only when the outer layer is decrypted.
pfx("hidden-20-million.p12",
    encrypted(seq(shrouded("one", 1000, announce=20_000_000), cert_bag("one"))))
nested = bag(6, seq(shrouded("one", 1000), cert_bag("one")))
pfx("nested-bags.p12", data(seq(nested)))
for _ in range(8):
    nested = bag(6, seq(nested))
pfx("nested-too-deep.p12", data(seq(nested)))
pfx("key-of-another.p12", data(seq(shrouded("one", 1000))), encrypted(seq(cert_bag("two"))))

# --- PEM ------------------------------------------------------------------
keep("plain.pem", run("openssl", "pkcs8", "-topk8", "-nocrypt", "-in", "one.key"))
keep("sec1.pem", b"text before\n" + run("openssl", "ecparam", "-name", "P-256")
     + run("openssl", "ec", "-in", "one.key"))
PASS = "pass:" + PASSWORD.decode()
keep("dek-aes.pem", run("openssl", "ec", "-in", "one.key", "-aes-128-cbc", "-passout", PASS))
keep("dek-3des.pem", run("openssl", "ec", "-in", "one.key", "-des3", "-passout", PASS))
for name, options in (
        ("pkcs8-pbes2.pem", ("-v2", "aes-256-cbc")),
        ("pkcs8-3des.pem", ("-v2", "des3", "-v2prf", "hmacWithSHA1")),
        ("pkcs8-scrypt.pem", ("-scrypt",)),
        ("pkcs8-md5-des.pem", ("-v1", "PBE-MD5-DES", "-provider", "default", "-provider", "legacy")),
        ("pkcs8-sha1-rc2.pem", ("-v1", "PBE-SHA1-RC2-64", "-provider", "default", "-provider", "legacy")),
        ("pkcs8-12-million.pem", ("-v2", "aes-256-cbc", "-iter", "12000000"))):
    keep(name, run("openssl", "pkcs8", "-topk8", "-in", "one.key", "-passout", PASS, *options))
# A scrypt header that asks for 64 GiB.
greedy = seq(oid("1.2.840.113549.1.5.13"),
             seq(seq(oid("1.3.6.1.4.1.11591.4.11"),
                     seq(octets(b"saltsalt"), integer(1 << 26), integer(8), integer(1))),
                 seq(oid("2.16.840.1.101.3.4.1.42"), octets(bytes(16)))))
keep("pkcs8-greedy-scrypt.der", seq(greedy, octets(bytes(64))))
keep("rsa-1024.pem", run("openssl", "genrsa", "1024"))
keep("rsa-2048.pem", run("openssl", "genrsa", "-traditional", "2048"))
keep("rsa-pss.pem", run("openssl", "genpkey", "-algorithm", "rsa-pss", "-pkeyopt",
                        "rsa_keygen_bits:2048", "-pkeyopt", "rsa_pss_keygen_md:sha384",
                        "-pkeyopt", "rsa_pss_keygen_mgf1_md:sha384",
                        "-pkeyopt", "rsa_pss_keygen_saltlen:20"))
keep("dsa.pem", run("openssl", "genpkey", "-paramfile", "/dev/stdin",
                    data=run("openssl", "dsaparam", "1024")))
