"""pyHanko and the scripts that judge with it, kept alive for a whole test: one JSON request a line, one JSON answer a line.

    {"do": "script", "script": PATH, "words": [...]}                        a judge as it stands; its exit code and what it said
    {"do": "sign", "content", "out", "digest", "key", "cert", "chain", "detached", "pss", "tsa"}    CAdES-B; with a URL, CAdES-T
    {"do": "validate", "file", "content", "roots": [...], "crls": [...]}                 0 intact, valid and trusted; 1 not so
    {"do": "token", "file", "signer", "token", "value"}        writes the signature time-stamp and the value that it stamps
    {"do": "archive", "file", "signer", "content", "token", "value"}    writes the newest archive time-stamp and the message of it
    {"do": "tsd", "file", "token", "value"}        writes the first time-stamp of a TimeStampedData and what it stamps

Answers are {"code": N, "said": TEXT}; 2 is an error.
"""
import asyncio, contextlib, io, json, runpy, sys, traceback

import hashlib

from asn1crypto import cms, core, crl, tsp
from pyhanko.keys import load_cert_from_pemder
from pyhanko.sign.signers import SimpleSigner
from pyhanko.sign.timestamps import HTTPTimeStamper
from pyhanko.sign.validation.generic_cms import async_validate_cms_signature, async_validate_detached_cms
from pyhanko_certvalidator import ValidationContext


def script(ask):
    sys.argv = [ask["script"], *ask["words"]]
    runpy.run_path(ask["script"], run_name="__main__")


def sign(ask):
    signer = SimpleSigner.load(ask["key"], ask["cert"], ca_chain_files=(ask["chain"],), prefer_pss=ask["pss"])
    stamper = HTTPTimeStamper(ask["tsa"]) if ask["tsa"] else None

    async def go():
        with open(ask["content"], "rb") as content:
            data = content if ask["detached"] else content.read()
            return await signer.async_sign_general_data(
                data, ask["digest"], detached=ask["detached"], use_cades=True, timestamper=stamper)

    with open(ask["out"], "wb") as out:
        out.write(asyncio.run(go()).dump())


def signed_data(path):
    with open(path, "rb") as file:
        return cms.ContentInfo.load(file.read())["content"]


def validate(ask):
    crls = []
    for path in ask["crls"]:
        with open(path, "rb") as file:
            crls.append(crl.CertificateList.load(file.read()))
    context = ValidationContext(
        trust_roots=[load_cert_from_pemder(path) for path in ask["roots"]], crls=crls, revocation_mode="hard-fail")
    data = signed_data(ask["file"])
    if ask["content"]:
        with open(ask["content"], "rb") as content:
            status = asyncio.run(async_validate_detached_cms(content, data, signer_validation_context=context))
    else:
        status = asyncio.run(async_validate_cms_signature(data, validation_context=context))
    print(f"intact={status.intact} valid={status.valid} trusted={status.trusted}")
    sys.exit(0 if status.intact and status.valid and status.trusted else 1)


def token(ask):
    signer = signed_data(ask["file"])["signer_infos"][ask["signer"]]
    found = [value for attribute in signer["unsigned_attrs"] if attribute["type"].native == "signature_time_stamp_token"
             for value in attribute["values"]]
    if len(found) != 1:
        raise ValueError(f"{len(found)} signature time-stamps")
    for path, octets in ((ask["token"], found[0].dump()), (ask["value"], signer["signature"].native)):
        with open(path, "wb") as out:
            out.write(octets)


def values_of(attributes, dotted):
    return [value for attribute in attributes if attribute["type"].dotted == dotted for value in attribute["values"]]


def archive(ask):
    """EN 319 122-1 5.5.3, written from the text: content type, digest of the content, fields of the signer, hash index."""
    data = signed_data(ask["file"])
    signer = data["signer_infos"][ask["signer"]]
    token = values_of(signer["unsigned_attrs"], "0.4.0.1733.2.4")[-1].dump()
    stamp = cms.ContentInfo.load(token)["content"]
    index = values_of(stamp["signer_infos"][0]["unsigned_attrs"], "0.4.0.19122.1.5")
    if len(index) != 1:
        raise ValueError(f"{len(index)} hash indexes")
    info = stamp["encap_content_info"]["content"].parsed
    digest = hashlib.new(info["message_imprint"]["hash_algorithm"]["algorithm"].native)
    with open(ask["content"], "rb") as content:
        digest.update(content.read())
    message = data["encap_content_info"]["content_type"].dump() + digest.digest()
    for field in ("version", "sid", "digest_algorithm", "signed_attrs", "signature_algorithm", "signature"):
        message += signer[field].dump()
    message += index[0].dump()
    for path, octets in ((ask["token"], token), (ask["value"], message)):
        with open(path, "wb") as out:
            out.write(octets)


def tsd(ask):
    with open(ask["file"], "rb") as file:
        data = cms.ContentInfo.load(file.read())["content"]
    if not isinstance(data, tsp.TimeStampedData):
        data = tsp.TimeStampedData.load(data.dump())
    evidence = data["temporal_evidence"].chosen[0]
    metadata = data["meta_data"]
    protected = not isinstance(metadata, core.Void) and metadata["hash_protected"].native
    stamped = (metadata.dump() if protected else b"") + data["content"].native
    for path, octets in ((ask["token"], evidence["time_stamp"].dump()), (ask["value"], stamped)):
        with open(path, "wb") as out:
            out.write(octets)


DOES = {"script": script, "sign": sign, "validate": validate, "token": token, "archive": archive, "tsd": tsd}

for line in sys.stdin:
    ask, said, code = json.loads(line), io.StringIO(), 0
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            DOES[ask["do"]](ask)
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0 if end.code is None else 2
        except Exception:
            code = 2
            traceback.print_exc()
    print(json.dumps({"code": code, "said": said.getvalue()}), flush=True)
