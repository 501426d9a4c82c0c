//! What OpenSSL and pyHanko write, judged by us: the right verdict whole, and exit 1 once a bit is turned.

use crate::desk::{Desk, PyHanko, accepts, has_openssl, refuses};
use crate::{CADES_NO, OPENSSL_NO, PYHANKO_NO, SIGNATURE};

/// Time-stamps without a signature: 0 with the revocation data, 3 without, intact both times.
#[track_caller]
pub(crate) fn we_accept_stamp(desk: &Desk, file: &str, words: &[&str]) {
    let with_crls = [words, &["--crl", "lab/revocation"]].concat();
    for (wanted, indication, words) in [(0, "PASSED", &with_crls[..]), (3, "INDETERMINATE", words)]
    {
        let (code, told) = desk.judged(file, words);
        assert_eq!(code, wanted, "{file} {words:?}: {told:#}");
        let stamps = told["data"]["timestamps"].as_array().unwrap();
        assert_eq!(stamps.len(), 1, "{file}: {told:#}");
        assert_eq!(stamps[0]["intact"], true, "{file}: {told:#}");
        assert_eq!(stamps[0]["indication"], indication, "{file}: {told:#}");
    }
    println!("ceralacca   accepts {file} {}", words.join(" "));
}

fn sign(desk: &Desk, id: &str, words: &[&str]) {
    let fixed = "cms -sign -cades -nosmimecap -in c.bin".split(' ').collect::<Vec<_>>();
    let key = desk.openssl_key(id);
    let key: Vec<&str> = key.iter().map(String::as_str).collect();
    // Options of the key follow it.
    desk.openssl_does(&[&fixed[..], &key, words].concat());
}

#[test]
fn openssl_der_and_ber() {
    if !has_openssl() {
        return;
    }
    let desk = Desk::open();
    let pss = ["-keyopt", "rsa_padding_mode:pss"];
    let salted = ["-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:20"];
    let cases: [(&str, &str, &[&str]); 12] = [
        ("rsa", "rsa.p7m", &[]),
        ("p256", "p256.p7m", &[]),
        ("p384", "p384.p7m", &["-md", "sha384"]),
        ("p521", "p521.p7m", &["-md", "sha512"]),
        ("brainpool", "brainpool.p7m", &[]),
        ("rsa", "rsa-pss.p7m", &pss),
        ("rsa", "salted.p7m", &salted),
        ("rsa", "sha512.p7m", &["-md", "sha512"]),
        ("rsa", "keyid.p7m", &["-keyid"]),
        ("rsa", "streamed.p7m", &["-stream"]),
        ("p256", "streamed-p256.p7m", &["-stream"]),
        ("rsa", "sha3.p7m", &["-md", "sha3-256"]),
    ];
    for (id, file, words) in cases {
        let fixed = ["-binary", "-nodetach", "-outform", "DER", "-out", file];
        sign(&desk, id, &[&fixed, words].concat());
        desk.we_accept(file, 1, &[]);
        for at in [desk.inside(file), SIGNATURE] {
            let altered = desk.altered(file, at);
            desk.we_refuse(&altered, &[]);
            refuses("openssl cms", &altered, desk.cms(&altered, "DER", None), OPENSSL_NO);
        }
    }
    // Without the certificates in the file they are ours to find.
    let fixed = ["-binary", "-nodetach", "-outform", "DER", "-out", "nocerts.p7m", "-nocerts"];
    sign(&desk, "rsa", &fixed);
    let (signer, chain) = ("lab/signers/rsa.cer.pem", "lab/chain/ca.pem");
    desk.we_accept("nocerts.p7m", 1, &["--chain", signer, "--chain", chain]);
}

#[test]
fn openssl_text_forms() {
    if !has_openssl() {
        return;
    }
    let desk = Desk::open();
    // Lines of text: OpenSSL makes them canonical for mail, and that is then the content.
    let text: String = (0..200).map(|n| format!("Punto {n} all'ordine del giorno.\n")).collect();
    desk.put("c.bin", &text);
    sign(&desk, "rsa", &["-binary", "-nodetach", "-outform", "PEM", "-out", "c.pem"]);
    sign(&desk, "rsa", &["-binary", "-nodetach", "-outform", "PEM", "-stream", "-out", "s.pem"]);
    sign(&desk, "p256", &["-binary", "-nodetach", "-out", "binary.eml"]);
    sign(&desk, "p256", &["-nodetach", "-out", "canonical.eml"]);
    sign(&desk, "p256", &["-nodetach", "-stream", "-out", "streamed.eml"]);
    for file in ["c.pem", "s.pem", "binary.eml", "canonical.eml", "streamed.eml"] {
        desk.we_accept(file, 1, &[]);
        // A letter in the middle of a line of base64 is turned into its neighbour.
        let lines = desk.read(file);
        let middle = lines.len() / 3;
        let neighbours = |letter: &u8| (b'b'..=b'y').contains(letter);
        let at = middle + lines[middle..].iter().position(neighbours).unwrap();
        let altered = desk.altered(file, isize::try_from(at).unwrap());
        desk.we_refuse(&altered, &[]);
        let form = if file.ends_with(".pem") { "PEM" } else { "SMIME" };
        refuses("openssl cms", &altered, desk.cms(&altered, form, None), OPENSSL_NO);
    }
    // The content comes out as OpenSSL takes it out.
    desk.does(&["extract", "canonical.eml", "-o", "ours.txt"], &[]);
    assert_eq!(desk.read("ours.txt"), text.replace('\n', "\r\n").into_bytes());
}

#[test]
fn openssl_detached() {
    if !has_openssl() {
        return;
    }
    let desk = Desk::open();
    for (id, form, file) in
        [("rsa", "DER", "rsa.p7s"), ("p384", "DER", "p384.p7s"), ("rsa", "PEM", "rsa.pem")]
    {
        sign(&desk, id, &["-binary", "-outform", form, "-out", file]);
        desk.we_accept(file, 1, &["--content", "c.bin"]);
        let other = desk.altered("c.bin", 12_345);
        desk.we_refuse(file, &["--content", &other]);
        refuses("openssl cms", file, desk.cms(file, form, Some(&other)), OPENSSL_NO);
    }
    let altered = desk.altered("rsa.p7s", SIGNATURE);
    desk.we_refuse(&altered, &["--content", "c.bin"]);
    refuses("openssl cms", &altered, desk.cms(&altered, "DER", Some("c.bin")), OPENSSL_NO);
}

#[test]
fn openssl_signs_again() {
    if !has_openssl() {
        return;
    }
    let desk = Desk::open();
    let fixed = ["-binary", "-nodetach", "-outform", "DER", "-out"];
    sign(&desk, "rsa", &[&fixed[..], &["one.p7m"]].concat());
    desk.does(&["sign", "c.bin", "-o", "ours.p7m"], &["rsa"]);
    for (from, to) in [("one.p7m", "theirs2.p7m"), ("ours.p7m", "ours2.p7m")] {
        let key = desk.openssl_key("p256");
        let key: Vec<&str> = key.iter().map(String::as_str).collect();
        let words = "cms -resign -cades -nosmimecap -binary -nodetach -inform DER -outform DER";
        let words: Vec<&str> = words.split(' ').chain(["-in", from, "-out", to]).collect();
        desk.openssl_does(&[words, key].concat());
        desk.we_accept(to, 2, &[]);
        accepts("openssl cms", to, desk.cms(to, "DER", None));
        for at in [desk.inside(to), SIGNATURE] {
            let altered = desk.altered(to, at);
            desk.we_refuse(&altered, &[]);
            refuses("openssl cms", &altered, desk.cms(&altered, "DER", None), OPENSSL_NO);
        }
    }
    // And we sign what they wrote, once more.
    desk.does(&["cosign", "theirs2.p7m", "-o", "three.p7m"], &["brainpool"]);
    desk.we_accept("three.p7m", 3, &[]);
    accepts("openssl cms", "three.p7m", desk.cms("three.p7m", "DER", None));
    accepts("cades", "three.p7m", desk.cades("three.p7m", &["--signers", "3"]));
    sign(&desk, "rsa", &[&fixed[..], &["streamed.p7m", "-stream"]].concat());
    desk.does(&["cosign", "streamed.p7m", "-o", "streamed2.p7m"], &["p256"]);
    desk.we_accept("streamed2.p7m", 2, &[]);
    accepts("openssl cms", "streamed2.p7m", desk.cms("streamed2.p7m", "DER", None));
}

/// The least that `openssl ts` wants to know of itself.
const TSA: &str = "\
[tsa]
default_tsa = it
[it]
serial = serial
default_policy = 1.3.6.1.4.1.99999.1
digests = sha256, sha384, sha512
signer_digest = sha256
ess_cert_id_alg = sha256
";

#[test]
fn openssl_stamps() {
    if !has_openssl() {
        return;
    }
    let desk = Desk::open();
    desk.put("serial", "01\n");
    desk.put("tsa.cnf", TSA);
    desk.put("old.cnf", TSA.replace("ess_cert_id_alg = sha256", "ess_cert_id_alg = sha1"));
    let does = |words: &str| desk.openssl_does(&words.split_whitespace().collect::<Vec<_>>());
    does("ts -query -data c.bin -sha256 -cert -out with.tsq");
    does("ts -query -data c.bin -sha512 -no_nonce -out without.tsq");
    let reply = "-section it -signer lab/tsa/tsa.pem -inkey tsa.key";
    does(&format!("ts -reply -config tsa.cnf {reply} -queryfile with.tsq -out response.tsr"));
    does(&format!("ts -reply -config old.cnf {reply} -queryfile with.tsq -out old.tsr"));
    does(&format!(
        "ts -reply -config tsa.cnf {reply} -queryfile with.tsq -token_out -out token.tst"
    ));
    does(&format!("ts -reply -config tsa.cnf {reply} -queryfile without.tsq -out nocert.tsr"));
    let given = ["--chain", "lab/tsa/tsa.pem"];
    for (file, form, chain) in [
        ("response.tsr", &[][..], &[][..]),
        ("old.tsr", &[], &[]),
        ("token.tst", &["-token_in"], &[]),
        ("nocert.tsr", &["-untrusted", "lab/tsa/tsa.pem"], &given),
    ] {
        accepts("openssl ts", file, desk.ts(file, "c.bin", form));
        let words = [&["--content", "c.bin"][..], chain].concat();
        we_accept_stamp(&desk, file, &words);

        let other = desk.altered("c.bin", 100);
        desk.we_refuse(file, &[&["--content", other.as_str()][..], chain].concat());
        refuses("openssl ts", file, desk.ts(file, &other, form), &["imprint"]);
        let altered = desk.altered(file, SIGNATURE);
        desk.we_refuse(&altered, &words);
        refuses("openssl ts", &altered, desk.ts(&altered, "c.bin", form), OPENSSL_NO);
    }
}

#[test]
fn pyhanko_b_and_t() {
    let desk = Desk::open();
    if !desk.has_pyhanko() {
        return;
    }
    let tsa = desk.tsa();
    for (id, pss) in
        [("rsa", false), ("rsa", true), ("p256", false), ("p384", false), ("brainpool", false)]
    {
        for tsa in [None, Some(tsa.as_str())] {
            let level = if tsa.is_some() { "T" } else { "B" };
            let stem = format!("{id}{}-{level}", if pss { "-pss" } else { "" });
            let (attached, detached) = (format!("{stem}.p7m"), format!("{stem}.p7s"));
            desk.pyhanko_signs(&PyHanko { id, pss, detached: false, tsa }, &attached);
            desk.we_accept(&attached, 1, &[]);
            let (_, told) = desk.judged(&attached, &["--crl", "lab/revocation"]);
            let signature = &told["data"]["signatures"][0];
            assert_eq!(signature["level"], format!("CAdES-BASELINE-{level}"), "{told:#}");
            let altered = desk.altered(&attached, desk.inside(&attached));
            desk.we_refuse(&altered, &[]);
            refuses("pyHanko", &altered, desk.pyhanko(&altered, None), PYHANKO_NO);

            desk.pyhanko_signs(&PyHanko { id, pss, detached: true, tsa }, &detached);
            desk.we_accept(&detached, 1, &["--content", "c.bin"]);
            let other = desk.altered("c.bin", 1);
            desk.we_refuse(&detached, &["--content", &other]);
            refuses("pyHanko", &detached, desk.pyhanko(&detached, Some(&other)), PYHANKO_NO);
        }
    }
    let edwards = PyHanko { id: "ed25519", pss: false, detached: false, tsa: None };
    desk.pyhanko_signs(&edwards, "ed.p7m");
    desk.we_doubt("ed.p7m", &[]);
    // The last octets of a stamped signature are the stamp's: it is broken, and said to be.
    let altered = desk.altered("rsa-T.p7m", SIGNATURE);
    let (_, told) = desk.judged(&altered, &["--crl", "lab/revocation"]);
    let signature = &told["data"]["signatures"][0];
    assert_eq!(signature["timestamps"][0]["intact"], false, "{told:#}");
    refuses("cades", &altered, desk.cades(&altered, &[]), CADES_NO);
}
