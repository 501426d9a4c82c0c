//! The levels B to LTA as `sign` and `extend` make them, judged by others: the CAdES judge to LTA, OpenSSL as
//! CMS and each time-stamp by itself, pyHanko to T. And what others wrote, extended by us.

use lab::parts::Parts;

use crate::desk::{Desk, ONLINE, PyHanko, accepts, has_openssl, refuses};
use crate::{CADES_NO, OPENSSL_NO, PYHANKO_NO, SIGNATURE};

/// Everybody accepts `file` at this level or above; `detached` is over `c.bin`.
#[track_caller]
fn all_accept(desk: &Desk, file: &str, level: &str, signers: usize, detached: bool) {
    let beside: &[&str] = if detached { &["--content", "c.bin"] } else { &[] };
    if matches!(level, "LT" | "LTA") {
        desk.we_accept_alone(file, signers, beside);
    } else {
        desk.we_accept(file, signers, beside);
    }
    let levels = desk.levels(file, beside);
    assert!(levels.iter().all(|l| *l == format!("CAdES-BASELINE-{level}")), "{file}: {levels:?}");
    let content = detached.then_some("c.bin");
    if has_openssl() {
        accepts("openssl cms", file, desk.cms(file, "DER", content));
    }
    let count = signers.to_string();
    let mut words = vec!["--signers", &count, "--min-level", level];
    words.extend(content.iter().flat_map(|content| ["--detached", content]));
    accepts("cades", file, desk.cades(file, &words));
    if signers == 1 && matches!(level, "B" | "T") {
        accepts("pyHanko", file, desk.pyhanko(file, content));
    }
    for signer in 0..signers {
        stamps(desk, file, level, signer);
    }
}

/// Nothing that was in `from` moved by an octet in `to`: things were added behind it.
#[track_caller]
fn keeps(desk: &Desk, from: &str, to: &str) {
    let [old, new] = [from, to].map(|file| Parts::read(&desk.read(file)).unwrap());
    assert!(new.encapsulated == old.encapsulated, "{to}: the content");
    let (had, has) = (old.certificates().unwrap(), new.certificates().unwrap());
    assert!(had.iter().all(|one| has.contains(one)), "{to}: certificates");
    let (had, has) = (old.crls().unwrap(), new.crls().unwrap());
    assert!(had.iter().all(|one| has.contains(one)), "{to}: revocation data");
    assert_eq!(old.signers.len(), new.signers.len());
    for (old, new) in old.signers.iter().zip(&new.signers) {
        assert!(new.core() == old.core(), "{to}: a SignerInfo");
        assert!(new.unsigned.starts_with(&old.unsigned), "{to}: unsigned attributes");
    }
}

/// `openssl ts` accepts what stamps a signer, and refuses it over anything else.
#[track_caller]
fn stamps(desk: &Desk, file: &str, level: &str, signer: usize) {
    if level == "B" || !has_openssl() {
        return;
    }
    let check = |kind: &str| {
        let name = format!("{kind} of signer {signer} of {file}");
        accepts("openssl ts", &name, desk.ts("token", "value", &["-token_in"]));
        let altered = desk.altered("value", 3);
        refuses("openssl ts", &name, desk.ts("token", &altered, &["-token_in"]), &["imprint"]);
    };
    if desk.take_token(file, signer, "token", "value") {
        check("time-stamp");
    }
    if level == "LTA" && desk.take_archive(file, signer) {
        check("archive time-stamp");
    }
}

/// A bit of the content turned, or one of the newest stamp: everybody who judges it notices.
#[track_caller]
fn altered_is_refused(desk: &Desk, file: &str) {
    let altered = desk.altered(file, desk.inside(file));
    desk.we_refuse(&altered, &[]);
    if has_openssl() {
        refuses("openssl cms", &altered, desk.cms(&altered, "DER", None), OPENSSL_NO);
    }
    refuses("cades", &altered, desk.cades(&altered, &[]), CADES_NO);
    // The last octets are those of a stamp.
    let altered = desk.altered(file, SIGNATURE);
    let (_, told) = desk.judged(&altered, &["--crl", "lab/revocation"]);
    let stamps = told["data"]["signatures"].as_array().unwrap().iter();
    let mut stamps = stamps.flat_map(|one| one["timestamps"].as_array().unwrap());
    assert!(stamps.any(|stamp| stamp["intact"] == false), "{altered}: {told:#}");
    refuses("cades", &altered, desk.cades(&altered, &[]), CADES_NO);
}

#[test]
fn extended_step_by_step() {
    let desk = Desk::open();
    desk.does(&["sign", "c.bin", "-o", "b.p7m"], &["rsa"]);
    all_accept(&desk, "b.p7m", "B", 1, false);
    for (from, level, out) in [
        ("b.p7m", "t", "t.p7m"),
        ("t.p7m", "lt", "lt.p7m"),
        ("lt.p7m", "lta", "lta.p7m"),
        ("b.p7m", "lt", "b-lt.p7m"),
        ("b.p7m", "lta", "b-lta.p7m"),
        ("t.p7m", "lta", "t-lta.p7m"),
    ] {
        desk.extends(from, level, out, &[]);
        keeps(&desk, from, out);
        all_accept(&desk, out, &level.to_uppercase(), 1, false);
        altered_is_refused(&desk, out);
    }
    // Renewed: a second archive time-stamp over the first and what that one needs.
    desk.extends("lta.p7m", "lta", "renewed.p7m", &[]);
    keeps(&desk, "lta.p7m", "renewed.p7m");
    all_accept(&desk, "renewed.p7m", "LTA", 1, false);
    let (_, told) = desk.judged("renewed.p7m", &[]);
    let stamps = told["data"]["signatures"][0]["timestamps"].as_array().unwrap();
    assert_eq!(stamps.len(), 3, "{told:#}");
    altered_is_refused(&desk, "renewed.p7m");
}

#[test]
fn signed_at_every_level_at_once() {
    let desk = Desk::open();
    let tsa = desk.tsa();
    for (id, level) in [("p256", "t"), ("p384", "lt"), ("rsa", "lta"), ("pss", "lta")] {
        let out = format!("{id}-{level}.p7m");
        let words = ["sign", "c.bin", "--level", level, "--tsa", &tsa, "-o", &out];
        let words = if level == "t" { words.to_vec() } else { [&words[..], &ONLINE].concat() };
        desk.does(&words, &[id]);
        all_accept(&desk, &out, &level.to_uppercase(), 1, false);
        altered_is_refused(&desk, &out);
    }
}

#[test]
fn several_signers_all_and_selected() {
    let desk = Desk::open();
    desk.does(&["sign", "c.bin", "-o", "two.p7m"], &["rsa", "p384"]);
    desk.extends("two.p7m", "lta", "both.p7m", &[]);
    all_accept(&desk, "both.p7m", "LTA", 2, false);
    altered_is_refused(&desk, "both.p7m");

    // One of them: the other's octets are those it had.
    for (chosen, place) in [("1", 0), ("2", 1)] {
        let out = format!("only-{chosen}.p7m");
        desk.extends("two.p7m", "lta", &out, &["--signature", chosen]);
        keeps(&desk, "two.p7m", &out);
        let levels = desk.levels(&out, &[]);
        assert_eq!(levels[place], "CAdES-BASELINE-LTA", "{levels:?}");
        assert_ne!(levels[1 - place], "CAdES-BASELINE-LTA", "{levels:?}");
        accepts("cades", &out, desk.cades(&out, &["--signers", "2", "--min-level", "B"]));
        if has_openssl() {
            accepts("openssl cms", &out, desk.cms(&out, "DER", None));
        }
        stamps(&desk, &out, "LTA", place);
        // And then the rest: what was extended first stays good.
        let all = format!("all-{chosen}.p7m");
        desk.extends(&out, "lta", &all, &[]);
        all_accept(&desk, &all, "LTA", 2, false);
    }

    // A colleague adds a signature to an archived file.
    desk.does(&["cosign", "both.p7m", "-o", "three.p7m"], &["brainpool"]);
    accepts("cades", "three.p7m", desk.cades("three.p7m", &["--signers", "3", "--min-level", "B"]));
    let (code, told) = desk.judged("three.p7m", &["--crl", "lab/revocation"]);
    let count = told["data"]["signatures"].as_array().unwrap().len();
    assert_eq!((code, count), (0, 3), "{told:#}");
    desk.extends("three.p7m", "lta", "three-lta.p7m", &[]);
    accepts(
        "cades",
        "three-lta.p7m",
        desk.cades("three-lta.p7m", &["--signers", "3", "--min-level", "LTA"]),
    );
}

#[test]
fn detached_and_nested() {
    let desk = Desk::open();
    desk.does(&["sign", "c.bin", "--detached", "-o", "b.p7s"], &["p256"]);
    for level in ["t", "lt", "lta"] {
        let out = format!("{level}.p7s");
        desk.extends("b.p7s", level, &out, &["--content", "c.bin"]);
        all_accept(&desk, &out, &level.to_uppercase(), 1, true);
        let other = desk.altered("c.bin", 100);
        desk.we_refuse(&out, &["--content", &other]);
        refuses("cades", &out, desk.cades(&out, &["--detached", &other]), CADES_NO);
    }
    desk.does(&["sign", "c.bin", "-o", "in.p7m"], &["rsa", "p256"]);
    desk.extends("in.p7m", "lta", "in-lta.p7m", &[]);
    desk.does(&["sign", "in-lta.p7m", "-o", "out.p7m"], &["p384"]);
    desk.extends("out.p7m", "lta", "out-lta.p7m", &[]);
    desk.we_accept_alone("out-lta.p7m", 3, &[]);
    let words = ["--recurse", "--signers", "1", "--min-level", "LTA"];
    accepts("cades", "out-lta.p7m", desk.cades("out-lta.p7m", &words));
    let altered = desk.altered("out-lta.p7m", desk.inside("out-lta.p7m"));
    desk.we_refuse(&altered, &[]);
    refuses("cades", &altered, desk.cades(&altered, &["--recurse"]), CADES_NO);
}

#[test]
fn countersigned() {
    let desk = Desk::open();
    desk.does(&["sign", "c.bin", "-o", "one.p7m"], &["rsa"]);
    let words = ["countersign", "one.p7m", "--signature", "1", "-o", "counter.p7m"];
    desk.does(&words, &["p256"]);
    desk.we_accept("counter.p7m", 2, &[]);
    accepts("cades", "counter.p7m", desk.cades("counter.p7m", &["--signers", "1"]));
    if has_openssl() {
        accepts("openssl cms", "counter.p7m", desk.cms("counter.p7m", "DER", None));
    }
    // A countersignature on the countersignature.
    let words = ["countersign", "counter.p7m", "--signature", "1.1", "-o", "deep.p7m"];
    desk.does(&words, &["p384"]);
    desk.we_accept("deep.p7m", 3, &[]);
    accepts("cades", "deep.p7m", desk.cades("deep.p7m", &["--signers", "1"]));
    for file in ["counter.p7m", "deep.p7m"] {
        let out = format!("lta-{file}");
        desk.extends(file, "lta", &out, &[]);
        let signers = if file == "deep.p7m" { 3 } else { 2 };
        desk.we_accept_alone(&out, signers, &[]);
        accepts("cades", &out, desk.cades(&out, &["--signers", "1", "--min-level", "LTA"]));
        if has_openssl() {
            accepts("openssl cms", &out, desk.cms(&out, "DER", None));
        }
        let altered = desk.altered(&out, desk.inside(&out));
        desk.we_refuse(&altered, &[]);
        refuses("cades", &altered, desk.cades(&altered, &[]), CADES_NO);
    }
}

/// What OpenSSL wrote, in DER and BER, raised by us: it still verifies there.
#[test]
fn theirs_extended_by_us_openssl() {
    if !has_openssl() {
        return;
    }
    let desk = Desk::open();
    for (id, stream, file) in
        [("rsa", false, "der.p7m"), ("p256", false, "p256.p7m"), ("rsa", true, "ber.p7m")]
    {
        let key = desk.openssl_key(id);
        let key: Vec<&str> = key.iter().map(String::as_str).collect();
        let fixed = "cms -sign -cades -nosmimecap -in c.bin -binary -nodetach -outform DER -out";
        let mut words: Vec<&str> = fixed.split(' ').chain([file]).chain(key).collect();
        words.extend(stream.then_some("-stream"));
        desk.openssl_does(&words);
        for level in ["t", "lt", "lta"] {
            let out = format!("{level}-{file}");
            desk.extends(file, level, &out, &[]);
            keeps(&desk, file, &out);
            all_accept(&desk, &out, &level.to_uppercase(), 1, false);
        }
        altered_is_refused(&desk, &format!("lta-{file}"));
    }
}

/// What pyHanko wrote, at B and at T, raised by us: it still verifies there.
#[test]
fn theirs_extended_by_us_pyhanko() {
    let desk = Desk::open();
    if !desk.has_pyhanko() {
        return;
    }
    let tsa = desk.tsa();
    for (id, pss) in [("rsa", false), ("rsa", true), ("p256", false)] {
        for tsa in [None, Some(tsa.as_str())] {
            let file = format!("{id}{}-{}.p7m", u8::from(pss), u8::from(tsa.is_some()));
            desk.pyhanko_signs(&PyHanko { id, pss, detached: false, tsa }, &file);
            for level in ["t", "lt", "lta"] {
                let out = format!("{level}-{file}");
                desk.extends(&file, level, &out, &[]);
                keeps(&desk, &file, &out);
                let wanted = level.to_uppercase();
                let beyond = desk.cades(&out, &["--signers", "1", "--min-level", &wanted]);
                accepts("cades", &out, beyond);
                accepts("pyHanko", &out, desk.pyhanko(&out, None));
                if wanted == "T" {
                    desk.we_accept(&out, 1, &[]);
                } else {
                    desk.we_accept_alone(&out, 1, &[]);
                }
                let altered = desk.altered(&out, desk.inside(&out));
                desk.we_refuse(&altered, &[]);
                refuses("pyHanko", &altered, desk.pyhanko(&altered, None), PYHANKO_NO);
            }
        }
    }
}
