//! Classes 43 and 44: what is shown, and what an exit code may say.

use ceralacca::validation::{self, Lang, Verdict, exit_code};
use lab::cms::{AttributeOrder, Ess, Odd, OddSigner};
use lab::names::Birth;
use lab::{Config, Pki, SignerSpec, oids};

use crate::common::*;

/// Cursor movements, colours, new lines, overrides of direction, tags and what joins invisibly.
const HOSTILE: &str = "EVE\u{1b}[2J\u{1b}]0;x\u{7}\r\nFirma valida\u{202e}adila\u{2066}\u{200b}\u{feff}\u{e0041}\u{0}\u{9b}31m";

#[test]
fn class_43_names_drive_no_terminal() {
    let mut config = Config::quick(now());
    let spec = SignerSpec::new("ostile", "PROVADINI", "ADA", now());
    config.signers.push(SignerSpec {
        title: Some(HOSTILE.to_owned()),
        organisation: Some(HOSTILE.to_owned()),
        notice: HOSTILE.to_owned(),
        birth: Birth { year: 1974, month: 11, day: 3, female: true },
        ..spec
    });
    let desk = Desk::of(Pki::create(&config).unwrap(), now());
    let octets = Odd::new(&desk.pki, CONTENT, "ostile").by(&["ostile"], then()).build().unwrap();
    let report = desk.verdict("ostile.p7m", &octets);
    let signer = report.signatures[0].signer.as_ref().unwrap();
    assert!(signer.title.as_ref().is_some_and(|title| title.contains("EVE")), "the rest is shown");
    let json = serde_json::to_string(&report).unwrap();
    let told =
        [validation::text::render(&report, Lang::It), validation::text::render(&report, Lang::En)];
    let inspection = ceralacca::inspect_file(&desk.path("ostile.p7m"), None).unwrap();
    let inspection = serde_json::to_string(&inspection).unwrap();
    for text in told.iter().chain([&json, &inspection]) {
        for letter in text.chars().filter(|c| *c != '\n') {
            let bad = letter.is_control()
                || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
                    | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}');
            assert!(!bad, "{letter:?} in {text}");
        }
    }
    // In JSON they may stand escaped only if they stand at all, and they do not.
    for escaped in ["\\u001b", "\\u0007", "\\u0000", "\\r", "\\u202e", "\\u009b"] {
        assert!(!json.contains(escaped), "{escaped}: {json}");
    }
    // The new line inside a name starts no line of the report.
    for text in told {
        assert!(!text.lines().any(|line| line.trim_start().starts_with("Firma validaa")), "{text}");
        assert!(!text.lines().skip(1).any(|line| line.trim() == "Firma valida"), "{text}");
    }
}

#[test]
fn class_44_zero_means_that_everything_passed() {
    let desk = Desk::new();
    let id = |id: &str| OddSigner::at(id, then());
    let mut files: Vec<(&str, Vec<u8>)> = vec![
        ("in order", desk.signed()),
        ("nobody", desk.file(|file| file.signers.clear())),
        ("trailing", desk.file(|file| file.trailing = vec![0; 9])),
    ];
    type Change<'a> = &'a dyn Fn(&mut OddSigner);
    let odd: [(&str, Change<'_>); 7] = [
        ("broken value", &|s| s.corrupt_signature = true),
        ("wrong digest", &|s| s.message_digest = Some(vec![0; 32])),
        ("no reference", &|s| s.ess = Ess::Absent),
        ("another's reference", &|s| s.ess = Ess::OfOther("segretario".into())),
        ("no time", &|s| s.signing_time = None),
        ("unsorted", &|s| s.order = AttributeOrder::UnsortedSignedAsSent),
        ("twice", &|s| s.duplicated = vec![oids::MESSAGE_DIGEST]),
    ];
    files.extend(odd.iter().map(|(name, change)| (*name, desk.odd(change))));
    for who in
        ["segretario", "scaduto", "sospeso", "revocato", "non-ancora-valido", "senza-non-ripudio"]
    {
        // A good one beside it must not cover for it.
        for signers in
            [vec![id(who)], vec![id("presidente"), id(who)], vec![id(who), id("presidente")]]
        {
            files.push((who, desk.file(|file| file.signers = signers)));
        }
    }
    let mut codes = std::collections::BTreeSet::new();
    for (name, octets) in files {
        let report = desk.verdict("a.p7m", octets);
        let code = exit_code(&report);
        codes.insert(code);
        assert_eq!(code == 0, all_passed(&report), "{name}");
        assert_eq!(code == 0, report.verdict == Verdict::TotalPassed, "{name}");
        let failed = report.verdict == Verdict::TotalFailed;
        assert_eq!(code == 1, failed, "{name}");
    }
    assert_eq!(codes.into_iter().collect::<Vec<_>>(), [0, 1, 3, 9], "all of them were met");
}

#[test]
fn class_44_what_could_not_be_checked_is_not_passed() {
    let mut desk = Desk::new();
    let path = desk.put("a.p7m", desk.signed());
    passed(&desk.judge(&path).unwrap());
    let crls = std::mem::take(&mut desk.evidence.crls);
    assert_eq!(exit_code(&desk.judge(&path).unwrap()), 3, "no revocation data");
    desk.evidence.crls = crls;
    let anchors = std::mem::take(&mut desk.evidence.anchors);
    assert_eq!(exit_code(&desk.judge(&path).unwrap()), 3, "nobody trusted");
    desk.evidence.anchors = anchors;
    let p7s = lab::cms::sign_detached(&desk.pki, "presidente", CONTENT, then()).unwrap();
    let path = desk.put("a.p7s", p7s);
    assert_eq!(exit_code(&desk.judge(&path).unwrap()), 3, "no content");
}
