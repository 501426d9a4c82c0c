//! Names as people write them: signers with their codice fiscale, issuers by their common name.

use crate::{
    clean::clean,
    facts::{
        CertificateFacts, CommitmentFacts, ContentHintsFacts, LocationFacts, NameFacts,
        SignaturePolicyFacts, SignedPropertyFacts,
    },
    report::Signer,
};

/// `ROSSI MARIO` for a person, else the common name, the organisation, the whole name.
pub(super) fn display(name: &NameFacts) -> String {
    let person = match (&name.surname, &name.given_name) {
        (Some(surname), Some(given)) => Some(format!("{surname} {given}")),
        _ => None,
    };
    let shown = person
        .or_else(|| name.common_name.clone())
        .or_else(|| name.organisation.clone())
        .unwrap_or_else(|| name.dn.clone());
    clean(&shown)
}

/// The signer's record.
pub(super) fn signer(certificate: &CertificateFacts) -> Signer {
    let subject = &certificate.subject;
    Signer {
        name: display(subject),
        tax_code: subject.serial_number.as_deref().and_then(tax_code),
        // AgID certificate profile §4.1: an ISTAT code may follow the role.
        title: subject
            .title
            .as_deref()
            .map(|title| clean(title.split("::").next().unwrap_or(title)))
            .filter(|title| !title.is_empty()),
        organisation: subject
            .organisation
            .as_deref()
            .map(clean)
            .filter(|organisation| !organisation.is_empty()),
        issuer: display(&certificate.issuer),
        serial_number: certificate.serial_number.clone(),
        qualification: None,
        claims_qualified: certificate.qc.compliance,
        valid_until: certificate.not_after,
    }
}

/// The codice fiscale in a subject serialNumber: `TINIT-…` (ETSI EN 319 412-1 §5.1.3), `IT:…` before 2019.
fn tax_code(serial_number: &str) -> Option<String> {
    let code = serial_number
        .strip_prefix("TINIT-")
        .or_else(|| serial_number.strip_prefix("IT:"))
        .map(clean)?;
    (!code.is_empty()).then_some(code)
}

/// The signer's claims, cleaned once more: facts may have been read back from JSON.
pub(super) fn properties(said: &SignedPropertyFacts) -> SignedPropertyFacts {
    let some = |text: &Option<String>| text.as_deref().map(clean);
    let all = |texts: &[String]| -> Vec<String> { texts.iter().map(|one| clean(one)).collect() };
    SignedPropertyFacts {
        content_hints: said.content_hints.as_ref().map(|hints| ContentHintsFacts {
            description: some(&hints.description),
            content_type: clean(&hints.content_type),
        }),
        mime_type: some(&said.mime_type),
        commitments: said
            .commitments
            .iter()
            .map(|one| CommitmentFacts { kind: clean(&one.kind), qualifiers: all(&one.qualifiers) })
            .collect(),
        claimed_roles: all(&said.claimed_roles),
        claimed_attributes: all(&said.claimed_attributes),
        certified_attributes: all(&said.certified_attributes),
        location: said.location.as_ref().map(|place| LocationFacts {
            country: some(&place.country),
            locality: some(&place.locality),
            address: all(&place.address),
        }),
        content_reference: some(&said.content_reference),
        content_identifier: some(&said.content_identifier),
        algorithm_protection: said.algorithm_protection,
    }
}

/// The policy the signer names, cleaned.
pub(super) fn policy(policy: &SignaturePolicyFacts) -> SignaturePolicyFacts {
    SignaturePolicyFacts {
        identifier: clean(&policy.identifier),
        uris: policy.uris.iter().map(|uri| clean(uri)).collect(),
        notices: policy.notices.iter().map(|notice| clean(notice)).collect(),
        ..*policy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tax_codes_of_both_eras() {
        assert_eq!(tax_code("TINIT-RSSMRA80A01H501U").as_deref(), Some("RSSMRA80A01H501U"));
        assert_eq!(tax_code("IT:RSSMRA80A01H501U").as_deref(), Some("RSSMRA80A01H501U"));
        assert_eq!(tax_code("IDCIT-1234"), None);
        assert_eq!(tax_code("TINIT-"), None);
    }

    #[test]
    fn a_person_comes_before_the_common_name() {
        let name = NameFacts {
            common_name: Some("Rossi Mario (firma)".to_owned()),
            surname: Some("ROSSI".to_owned()),
            given_name: Some("MARIO\u{202e}".to_owned()),
            ..NameFacts::default()
        };
        assert_eq!(display(&name), "ROSSI MARIO");
    }
}
