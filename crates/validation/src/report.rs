//! The report: the `data` of `verify --json`, and what every renderer reads.
//!
//! Codes, indications and keys are fixed; messages are rewritten by [`Report::localise`] from the
//! code and the values beside it. May not decide: everything here was decided in [`crate::judge()`].

use crate::{
    Time,
    catalogue::{Code, Lang, LegalText, Values, fill, utc},
    facts::{SignaturePolicyFacts, SignedPropertyFacts},
    indication::{Indication, Status, SubIndication, Verdict},
    policy::Level,
};
use serde::{Deserialize, Serialize};

/// The judgement on one input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The outermost format.
    pub format: String,
    /// The layers, outside in.
    pub layers: Vec<Layer>,
    /// The worst of all signatures; of the time-stamps where there is no signature.
    pub verdict: Verdict,
    /// One record per signature and countersignature.
    pub signatures: Vec<SignatureReport>,
    /// The time-stamps that belong to no signature.
    pub timestamps: Vec<TimestampReport>,
    /// Evidence records (RFC 4998); none are read yet.
    pub evidence_records: Vec<EvidenceRecordReport>,
    /// What was noticed about the file as a whole.
    pub findings: Vec<Finding>,
    /// The policy applied.
    pub policy: String,
    /// The time of the judgement.
    pub validation_time: Time,
    /// The signers that were expected, with whether they were found; empty if none were named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expected_signers: Vec<ExpectedSigner>,
}

/// One layer of the input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    /// `base64`, `pem`, `cades`, `tsd`, …
    pub kind: String,
    /// Its name, if any.
    pub name: Option<String>,
}

/// One signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignatureReport {
    /// `1`, `1.1`, `2/1`.
    pub id: String,
    /// `CAdES`, `CMS`, …
    pub format: String,
    /// `CAdES-BASELINE-B`, `CMS`, …
    pub level: String,
    /// Every digest and the signature value, trust aside; `None` = content not at hand.
    pub intact: Option<bool>,
    /// The result.
    pub indication: Indication,
    /// Why it is not TOTAL-PASSED.
    pub sub_indication: Option<SubIndication>,
    /// Who signed; `None` = the certificate is not at hand. In JSON always an object, then of nulls.
    #[serde(default, with = "signer_object")]
    pub signer: Option<Signer>,
    /// The claimed signing time.
    pub claimed_signing_time: Option<Time>,
    /// What else the signer says in signed attributes; claims, nobody confirmed them.
    #[serde(default, skip_serializing_if = "SignedPropertyFacts::is_empty")]
    pub signed_properties: SignedPropertyFacts,
    /// The signature policy the signer names, and whether its document was found and is that one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature_policy: Option<SignaturePolicyFacts>,
    /// Type 1 or 2 of the extended forms X and X long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extended_type: Option<u8>,
    /// The earliest time at which the signature is proven to exist (§4.3.10); the time of the judgement if nothing proves more.
    pub best_signature_time: Option<Time>,
    /// What that time rests on.
    pub time_reference: TimeReference,
    /// The verdict without the given time reference, where one was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub without_time_reference: Option<PlainVerdict>,
    /// When to try again, for TRY_LATER.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub try_again: Option<Time>,
    /// The certificate chain, the signer's first.
    pub chain: Vec<ChainLink>,
    /// Its time-stamps.
    pub timestamps: Vec<TimestampReport>,
    /// Coverage, for a PDF.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage: Option<Coverage>,
    /// National law; never changes the indication.
    pub legal_notes: Vec<LegalNote>,
    /// What was noticed, the decisive first.
    pub findings: Vec<Finding>,
}

/// Who signed, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signer {
    /// `ROSSI MARIO`, or the common name.
    pub name: String,
    /// Codice fiscale, from `TINIT-…` or `IT:…`.
    pub tax_code: Option<String>,
    /// The title in the certificate.
    pub title: Option<String>,
    /// The organisation in the certificate.
    pub organisation: Option<String>,
    /// The issuer's name.
    pub issuer: String,
    /// Serial number of the certificate, hex.
    pub serial_number: String,
    /// `QES`, `AdES-QC`, … by TS 119 615; `None` = no trusted list was consulted.
    pub qualification: Option<String>,
    /// The certificate claims to be qualified (EN 319 412-5); a claim, not a finding.
    pub claims_qualified: bool,
    /// End of the certificate's validity.
    pub valid_until: Time,
}

/// A signer in JSON: an object with every key, all of them null where the signer is not known.
mod signer_object {
    use super::Signer;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use serde_json::Value;

    /// The keys of [`Signer`].
    const KEYS: [&str; 9] = [
        "name",
        "tax_code",
        "title",
        "organisation",
        "issuer",
        "serial_number",
        "qualification",
        "claims_qualified",
        "valid_until",
    ];

    pub(super) fn serialize<S: Serializer>(
        signer: &Option<Signer>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match signer {
            Some(signer) => signer.serialize(serializer),
            None => serializer.collect_map(KEYS.map(|key| (key, Value::Null))),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Signer>, D::Error> {
        let value = Option::<Value>::deserialize(deserializer)?.unwrap_or_default();
        if value.get("name").is_none_or(Value::is_null) {
            return Ok(None);
        }
        Signer::deserialize(value).map(Some).map_err(serde::de::Error::custom)
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use crate::Time;
        use std::collections::BTreeSet;

        #[test]
        fn an_unknown_signer_has_the_keys_of_a_known_one() {
            let known = Signer {
                name: "N".to_owned(),
                tax_code: None,
                title: None,
                organisation: None,
                issuer: "I".to_owned(),
                serial_number: "1".to_owned(),
                qualification: None,
                claims_qualified: false,
                valid_until: Time::UNIX_EPOCH,
            };
            let json = |signer: &Option<Signer>| {
                serialize(signer, serde_json::value::Serializer).expect("json")
            };
            let keys = |value: &Value| -> BTreeSet<String> {
                value.as_object().expect("an object").keys().cloned().collect()
            };
            let (some, none) = (json(&Some(known.clone())), json(&None));
            assert_eq!(keys(&some), keys(&none));
            assert_eq!(deserialize(some).expect("read back"), Some(known));
            assert_eq!(deserialize(none).expect("read back"), None);
        }
    }
}

/// What the best signature time rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum TimeReference {
    /// An archive time-stamp.
    ArchiveTimestamp,
    /// A signature time-stamp.
    SignatureTimestamp,
    /// A time-stamp around the file (`.tsd`, `.tsr`).
    Timestamp,
    /// The protocol register of an administration.
    Protocol,
    /// Certified mail.
    Pec,
    /// A deposit receipt.
    Receipt,
    /// A bare time given by the user.
    Given,
    /// Only the signer's claim: nothing is proven, the time of the judgement serves.
    Claimed,
    /// Not even a claim.
    None,
}

/// A verdict with nothing around it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlainVerdict {
    /// The result.
    pub indication: Indication,
    /// Why.
    pub sub_indication: Option<SubIndication>,
    /// The best signature time.
    pub best_signature_time: Option<Time>,
    /// What it rests on.
    pub time_reference: TimeReference,
}

/// One certificate of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainLink {
    /// SHA-256 of the certificate, hex.
    pub fingerprint: String,
    /// The subject's name.
    pub name: String,
    /// Start of validity.
    pub not_before: Option<Time>,
    /// End of validity.
    pub not_after: Option<Time>,
    /// It is the trust anchor.
    pub anchor: bool,
}

/// One time-stamp.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimestampReport {
    /// Its name in the facts.
    pub id: String,
    /// `signature-time-stamp`, …
    pub kind: String,
    /// genTime.
    pub time: Option<Time>,
    /// Imprint, signature value and hash index agree; `None` = what it covers is not at hand.
    pub intact: Option<bool>,
    /// The result.
    pub indication: Status,
    /// Why.
    pub sub_indication: Option<SubIndication>,
    /// The authority's name.
    pub tsa: Option<String>,
    /// End of validity of the authority's certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tsa_valid_until: Option<Time>,
    /// Ids of the signatures and time-stamps it is over, where the format says so beyond its place.
    #[serde(default)]
    pub covers: Vec<String>,
    /// National law.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub legal_notes: Vec<LegalNote>,
    /// What was noticed.
    pub findings: Vec<Finding>,
}

/// Coverage of a PDF by a signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// The signature covers the whole file.
    pub whole_file: bool,
    /// The revision it covers, from 1.
    pub revision: u32,
    /// How many there are.
    pub revisions: u32,
    /// `none`, `lta`, `form`, `annotation`, `other`.
    pub changes_after: String,
}

/// An evidence record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceRecordReport {
    /// Its name.
    pub id: String,
    /// Its digests agree.
    pub intact: Option<bool>,
    /// The result.
    pub indication: Status,
    /// Why.
    pub sub_indication: Option<SubIndication>,
    /// How often it was renewed.
    pub renewals: u32,
    /// What it covers.
    pub covers: Vec<String>,
}

/// A note of national law.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegalNote {
    /// `IT-CAD-24-4BIS`, `IT-DPCM-53`.
    pub code: String,
    /// The text.
    pub message: String,
    /// Which text, so that it can be told in another language.
    pub text: LegalText,
    /// Its values.
    pub values: Values,
}

impl LegalNote {
    pub(crate) fn new(text: LegalText, values: Values) -> Self {
        let message = fill(text.text(Lang::En), &values, utc);
        Self { code: text.code().to_owned(), message, text, values }
    }
}

/// One thing that was noticed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What, the same in every language.
    pub code: Code,
    /// How much it weighs here.
    pub level: Level,
    /// Where the check comes from.
    pub clause: String,
    /// The text.
    pub message: String,
    /// Where in the input.
    #[serde(rename = "where")]
    pub location: Option<String>,
    /// The observed values.
    #[serde(default, skip_serializing_if = "Values::is_empty")]
    pub values: Values,
}

/// A signer somebody expected to find.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpectedSigner {
    /// Codice fiscale.
    pub tax_code: String,
    /// The role, if one was asked for.
    pub role: Option<String>,
    /// The signature found; `None` = missing.
    pub signature: Option<String>,
}

impl Report {
    /// Rewrites every message in `lang`, times in UTC as JSON has them.
    pub fn localise(&mut self, lang: Lang) {
        for finding in &mut self.findings {
            finding.localise(lang);
        }
        for signature in &mut self.signatures {
            signature.findings.iter_mut().for_each(|finding| finding.localise(lang));
            signature.legal_notes.iter_mut().for_each(|note| note.localise(lang));
            signature.timestamps.iter_mut().for_each(|stamp| stamp.localise(lang));
        }
        for stamp in &mut self.timestamps {
            stamp.localise(lang);
        }
    }

    /// Looks for the expected signers, given as codice fiscale and optional role (compared with the
    /// certificate's title, letter case aside). A missing one is no failure of a signature: the
    /// verdict stays, [`exit_code`] is at least 3. A signature that is not intact finds nobody.
    pub fn expect_signers<'a>(
        &mut self,
        expected: impl IntoIterator<Item = (&'a str, Option<&'a str>)>,
    ) {
        self.expected_signers = expected
            .into_iter()
            .map(|(tax_code, role)| {
                let found = self.signatures.iter().find(|signature| {
                    signature.intact == Some(true)
                        && signature.signer.as_ref().is_some_and(|signer| {
                            signer
                                .tax_code
                                .as_deref()
                                .is_some_and(|found| found.eq_ignore_ascii_case(tax_code))
                                && role.is_none_or(|role| {
                                    signer.title.as_deref().is_some_and(|title| {
                                        title.to_lowercase() == role.to_lowercase()
                                    })
                                })
                        })
                });
                ExpectedSigner {
                    tax_code: crate::clean::clean(tax_code),
                    role: role.map(crate::clean::clean),
                    signature: found.map(|signature| signature.id.clone()),
                }
            })
            .collect();
    }
}

impl TimestampReport {
    fn localise(&mut self, lang: Lang) {
        self.findings.iter_mut().for_each(|finding| finding.localise(lang));
        self.legal_notes.iter_mut().for_each(|note| note.localise(lang));
    }
}

impl Finding {
    /// Rewrites the message in `lang`.
    pub fn localise(&mut self, lang: Lang) {
        self.message = fill(self.code.text(lang), &self.values, utc);
    }
}

impl LegalNote {
    /// Rewrites the message in `lang`.
    pub fn localise(&mut self, lang: Lang) {
        self.message = fill(self.text.text(lang), &self.values, utc);
    }
}

/// The exit code of `verify`: 0 every signature passed, 1 at least one failed, 3 undecided or an
/// expected signer missing, 9 nothing to judge.
pub fn exit_code(report: &Report) -> u8 {
    match report.verdict {
        Verdict::NoSignature => 9,
        Verdict::TotalFailed => 1,
        Verdict::Indeterminate => 3,
        Verdict::TotalPassed => {
            let missing =
                report.expected_signers.iter().any(|expected| expected.signature.is_none());
            if missing { 3 } else { 0 }
        }
    }
}
