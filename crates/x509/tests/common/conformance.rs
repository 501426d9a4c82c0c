//! The corpus kinds `x509-path-pkits`, `x509-chain`, `crl-status` and
//! `ocsp-status` against this crate: what of each expectation is not met.
//!
//! Shared by this crate's survey and by the page `docs/conformance.md`.

use std::path::Path;

use chrono::{DateTime, TimeZone, Utc};
use serde_json::Value;

use x509::{
    AnchorConstraints, Certificate, CertificatePath, Crl, KP_ANY, OcspResponse, PathBudget,
    PathBuilder, PathSearch, PathValidator, PolicyInputs, RevocationFact, RevocationOrigin,
    RevocationSource, RevocationStatus, SignatureChecks, TrustAnchor, ValidityModel, deciding,
    evaluate, evaluate_with,
};

/// What tells cases of one file apart: purpose and trust of a chain, the number of a PKITS test.
pub(crate) fn variant(case: &Value) -> String {
    let text = |name: &str| case["expected"][name].as_str().unwrap_or_default();
    match case["kind"].as_str().unwrap_or_default() {
        "x509-chain" => format!("{} {}", text("key_purpose"), text("last_cert_trust")),
        "x509-path-pkits" => format!("{} {}", text("test"), text("name")),
        _ => String::new(),
    }
}

/// Differences from the expectation, in words; `None` for other kinds.
pub(crate) fn differences(case: &Value, corpus: &Path) -> Option<Vec<String>> {
    match case["kind"].as_str().unwrap_or_default() {
        "x509-path-pkits" => Some(pkits(case, corpus)),
        "x509-chain" => Some(chain(case, corpus)),
        "crl-status" => Some(crl_status(case, corpus)),
        "ocsp-status" => Some(ocsp_status(case, corpus)),
        _ => None,
    }
}

fn validity(expected: bool, why: impl FnOnce() -> Result<(), String>) -> Vec<String> {
    match (expected, why()) {
        (true, Err(why)) => vec![format!("valid, but refused: {why}")],
        (false, Ok(())) => vec!["accepted though invalid".to_owned()],
        _ => Vec::new(),
    }
}

/// RFC 5280 §6.1 and §6.3 together, hard fail: the use of this crate PKITS asks for.
struct Validation<'a> {
    at: DateTime<Utc>,
    pool: &'a [Certificate],
    anchors: &'a [TrustAnchor],
    sources: &'a [RevocationSource],
    checks: SignatureChecks,
}

/// Issuers of CRLs whose own issuers of CRLs have others; PKITS has one.
const DEPTH: u32 = 3;

impl Validation<'_> {
    fn holds(&self, leaf: &Certificate, inputs: PolicyInputs, depth: u32) -> Result<(), String> {
        let builder =
            PathBuilder { policies: inputs, checks: Some(&self.checks), ..PathBuilder::default() };
        let search = builder.paths(leaf, self.pool, self.anchors, &PathBudget::default());
        let mut why = describe(&search);
        for path in &search.paths {
            match self.path(path, depth) {
                Ok(()) => return Ok(()),
                Err(reason) => why.push(reason),
            }
        }
        Err(why.join(", "))
    }

    fn path(&self, path: &CertificatePath, depth: u32) -> Result<(), String> {
        if !path.check_at(self.at, ValidityModel::Shell).is_valid() {
            return Err("out of its time".to_owned());
        }
        for pair in path.certificates().windows(2) {
            self.unrevoked(&pair[0], &pair[1], depth)?;
        }
        Ok(())
    }

    /// Good by the newest list that is current, whose signers hold as well.
    fn unrevoked(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        depth: u32,
    ) -> Result<(), String> {
        let name = || certificate.subject().to_string();
        let all =
            evaluate_with(&self.checks, certificate, issuer, self.sources, self.pool, self.anchors);
        let seen = || {
            all.iter()
                .map(|fact| format!("{:?} {:?}", fact.unusable, fact.authorisation))
                .collect::<Vec<_>>()
        };
        let fact = deciding(&all, self.at)
            .ok_or_else(|| format!("no status of {}: {:?}", name(), seen()))?;
        if fact.status != RevocationStatus::Good {
            return Err(format!("{} is revoked", name()));
        }
        let parts = fact.base.iter().chain(&fact.complements);
        let others = parts.filter_map(|object| all.iter().find(|other| other.object == *object));
        for part in std::iter::once(fact).chain(others) {
            self.signer(part, certificate, issuer, depth)?;
        }
        Ok(())
    }

    /// RFC 5280 §6.3.3 (f): the path of a CRL issuer that is not the
    /// certificate's own issuer. A list that covers its own issuer is the last
    /// word on it, as PKITS 4.5.6 and 4.14.30 have it.
    fn signer(
        &self,
        fact: &RevocationFact,
        certificate: &Certificate,
        issuer: &Certificate,
        depth: u32,
    ) -> Result<(), String> {
        let signer = &fact.signer.as_ref().ok_or("no signer")?.certificate;
        if signer.spki() == issuer.spki() || signer == certificate {
            return Ok(());
        }
        let depth = depth.checked_sub(1).ok_or("CRL issuers without end")?;
        self.holds(signer, PolicyInputs::default(), depth)
            .map_err(|why| format!("CRL issuer {}: {why}", signer.subject()))
    }
}

fn describe(search: &PathSearch) -> Vec<String> {
    let flaws = search.flawed.iter().flat_map(|flawed| &flawed.flaws);
    let failed = search.failed.iter().map(|failed| format!("{:?}", failed.reason));
    let mut all: Vec<String> = flaws.map(|flaw| format!("{:?}", flaw.rule)).chain(failed).collect();
    all.dedup();
    all
}

fn pkits(case: &Value, corpus: &Path) -> Vec<String> {
    let octets = |file: &Value| std::fs::read(corpus.join(file.as_str().unwrap())).unwrap();
    let certificate = |file: &Value| Certificate::from_der(&octets(file)).unwrap();
    let list = |file: &Value| {
        let crl = Crl::from_der(&octets(file)).unwrap();
        RevocationSource::crl(crl, RevocationOrigin::Embedded)
    };
    let (files, expected) = (&case["files"], &case["expected"]);
    let params = &expected["params"];
    let on = |name: &str| params[name].as_bool().unwrap_or(false);
    let acceptable = params["user_initial_policy_set"].as_array().map(|set| {
        let read = |oid: &Value| asn1::Oid::parse(oid.as_str().unwrap()).unwrap();
        set.iter().map(read).collect()
    });
    let inputs = PolicyInputs {
        acceptable,
        explicit_policy: on("initial_explicit_policy"),
        inhibit_mapping: on("initial_policy_mapping_inhibit"),
        inhibit_any_policy: on("initial_any_policy_inhibit"),
    };
    let at = format!("{}T00:00:00Z", case["params"]["at"].as_str().unwrap()).parse().unwrap();
    let pool: Vec<_> = files["intermediates"].as_array().unwrap().iter().map(certificate).collect();
    let sources: Vec<_> = files["crls"].as_array().unwrap().iter().map(list).collect();
    let anchors = [TrustAnchor::new(certificate(&files["trust_anchor"]), "PKITS")];
    let validation = Validation {
        at,
        pool: &pool,
        anchors: &anchors,
        sources: &sources,
        checks: SignatureChecks::new(1_000),
    };
    validity(expected["valid"].as_bool().unwrap(), || {
        validation.holds(&certificate(&files["file"]), inputs, DEPTH)
    })
}

fn chain(case: &Value, corpus: &Path) -> Vec<String> {
    let expected = &case["expected"];
    let trust = expected["last_cert_trust"].as_str().unwrap();
    let at = match expected["utc_time"].as_str().unwrap() {
        "DEFAULT" => Utc.with_ymd_and_hms(2021, 10, 5, 12, 0, 0).unwrap(),
        other => {
            let octets = asn1::der::tlv(asn1::Tag::UTC_TIME, other.as_bytes());
            asn1::Value::parse(&octets).unwrap().time().unwrap()
        }
    };
    let file = corpus.join(case["files"]["file"].as_str().unwrap());
    let certificates: Vec<Certificate> = blocks(&file)
        .iter()
        .filter(|(label, _)| label == "CERTIFICATE")
        .map(|(_, der)| Certificate::from_der(der).unwrap())
        .collect();
    let (leaf, rest) = certificates.split_first().unwrap();
    let mut anchor = TrustAnchor::new(certificates.last().unwrap().clone(), "case");
    if !trust.contains("WITH_CONSTRAINTS") {
        anchor.constraints = AnchorConstraints::Ignored;
    }
    // The RFC 5280 part of a TLS purpose: extKeyUsage, where there is one, lists it.
    let key_purpose = match expected["key_purpose"].as_str().unwrap() {
        "SERVER_AUTH" | "SERVER_AUTH_STRICT" => Some(asn1::Oid::new("1.3.6.1.5.5.7.3.1")),
        "CLIENT_AUTH" => Some(asn1::Oid::new("1.3.6.1.5.5.7.3.2")),
        _ => None,
    };
    let purposes = leaf.extended_key_purposes();
    let fits = purposes.is_empty()
        || key_purpose.is_none_or(|oid| purposes.contains(&oid) || purposes.contains(&KP_ANY));
    // Trust in a leaf itself binds it to its dates; an anchor's dates do not count.
    let own = certificates.len() > 1 || leaf.is_valid_at(at);
    let builder = PathBuilder { key_purpose, ..PathBuilder::default() };
    let search = builder.paths(leaf, rest, &[anchor], &PathBudget::default());
    let path = search.paths.iter().find(|path| path.check_at(at, ValidityModel::Shell).is_valid());
    let mut all = validity(expected["valid"].as_bool().unwrap(), || match path {
        Some(_) if fits && own => Ok(()),
        _ => Err(format!(
            "{} purpose fits: {fits}, in its time: {own}",
            describe(&search).join(", ")
        )),
    });
    if let (Some(wanted), Some(path)) =
        (expected["expected_user_constrained_policy_set"].as_str(), path)
        && path.policies().join(", ") != wanted
    {
        all.push(format!("policies: expected {wanted}, found {}", path.policies().join(", ")));
    }
    all
}

fn crl_status(case: &Value, corpus: &Path) -> Vec<String> {
    let blocks = blocks(&corpus.join(case["files"]["file"].as_str().unwrap()));
    let der = |label: &str| blocks.iter().find(|(l, _)| l == label).map(|(_, der)| &der[..]);
    let certificate = |label: &str| der(label).map(|der| Certificate::from_der(der).unwrap());
    let issuer = certificate("CA CERTIFICATE").unwrap();
    let pool: Vec<_> = certificate("CA CERTIFICATE 2").into_iter().collect();
    let anchors = [TrustAnchor::new(issuer.clone(), "case")];
    let found = Crl::from_der(der("CRL").unwrap()).ok().and_then(|crl| {
        let source = RevocationSource::crl(crl, RevocationOrigin::Embedded);
        let leaf = certificate("CERTIFICATE").unwrap();
        evaluate(&leaf, &issuer, &[source], &pool, &anchors).first().map(|fact| fact.status)
    });
    status(case, found)
}

fn ocsp_status(case: &Value, corpus: &Path) -> Vec<String> {
    let blocks = blocks(&corpus.join(case["files"]["file"].as_str().unwrap()));
    let der = |label: &str| &blocks.iter().find(|(l, _)| l == label).unwrap().1[..];
    let leaf = Certificate::from_der(der("CERTIFICATE")).unwrap();
    let issuer = Certificate::from_der(der("CA CERTIFICATE")).unwrap();
    let found = OcspResponse::from_der(der("OCSP RESPONSE")).ok().and_then(|response| {
        let source = RevocationSource::ocsp(response, RevocationOrigin::Embedded);
        evaluate(&leaf, &issuer, &[source], &[], &[]).first().map(|fact| fact.status)
    });
    status(case, found)
}

fn status(case: &Value, found: Option<RevocationStatus>) -> Vec<String> {
    let found = match found {
        Some(RevocationStatus::Good) => "GOOD",
        Some(RevocationStatus::Revoked { .. }) => "REVOKED",
        Some(RevocationStatus::Unknown | RevocationStatus::Undetermined) | None => "UNKNOWN",
    };
    let expected = case["expected"]["status"].as_str().unwrap();
    let differs = found != expected;
    differs.then(|| format!("status: expected {expected}, found {found}")).into_iter().collect()
}

/// Every PEM block of a file, by label.
fn blocks(path: &Path) -> Vec<(String, Vec<u8>)> {
    let text = String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
    let mut blocks = Vec::new();
    for part in text.split("-----BEGIN ").skip(1) {
        let (label, rest) = part.split_once("-----").unwrap();
        blocks.push((label.to_owned(), base64(rest.split("-----END").next().unwrap())));
    }
    blocks
}

/// RFC 4648 §4, white space passed over.
fn base64(text: &str) -> Vec<u8> {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits: Vec<u32> = text
        .bytes()
        .filter_map(|c| alphabet.iter().position(|digit| *digit == c))
        .map(|digit| u32::try_from(digit).unwrap())
        .collect();
    let mut octets = Vec::new();
    for four in digits.chunks(4) {
        let bits = four.iter().fold(0, |sum, digit| sum << 6 | digit) << (6 * (4 - four.len()));
        octets.extend(bits.to_be_bytes()[1..].iter().take(four.len() * 6 / 8));
    }
    octets
}
