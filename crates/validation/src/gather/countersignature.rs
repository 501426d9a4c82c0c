//! Facts about countersignatures (RFC 5652 §11.4): a SignerInfo over another one's signature value.

use super::describe;
use super::signature::{Context, Subject, signer_facts};
use super::trust::Gatherer;
use crate::catalogue::Code;
use crate::facts::{Facts, SignatureFacts, StructuralFinding};
use asn1::Value;
use cms::verify::{ContentDigests, needed_digests};
use cms::{Limits, SignerInfo};

/// Countersignatures on one another that are read: what stands over the content counts with them.
const DEPTH: usize = cades::DEEPEST - 1;

/// Stands for all signatures beyond those that are judged.
const MORE: &str = "…";

/// Adds the facts of every countersignature on `signer`, whose id is `parent`, and of those on them.
pub(super) fn gather(
    parent: &str,
    context: &Context<'_>,
    signer: &SignerInfo,
    depth: usize,
    trust: &mut Gatherer<'_>,
    facts: &mut Facts,
) {
    for (index, raw) in signer.unsigned_values(&cms::oids::COUNTERSIGNATURE).enumerate() {
        let id = format!("{parent}.{}", index + 1);
        // Callers refuse such a file before; whoever does not still gets no good verdict.
        if facts.signatures.len() >= cades::MOST_SIGNATURES {
            let over = facts.signatures.last().is_none_or(|last| last.id != MORE);
            if over {
                let finding = StructuralFinding {
                    code: Code::StructureUnreadable,
                    detail: format!("more than {} signatures", cades::MOST_SIGNATURES),
                    location: Some(id),
                };
                facts.signatures.push(SignatureFacts::unreadable(MORE, "CMS", finding));
            }
            return;
        }
        let parsed = Value::parse(raw).map_err(|error| describe(&error)).and_then(|value| {
            SignerInfo::parse(&value, &Limits::default()).map_err(|error| describe(&error))
        });
        let parsed = match parsed {
            Ok(_) if depth >= DEPTH => Err(format!("more than {DEPTH} countersignatures deep")),
            parsed => parsed,
        };
        let counter = match parsed {
            Ok(counter) => counter,
            Err(detail) => {
                let finding = StructuralFinding {
                    code: Code::StructureUnreadable,
                    detail,
                    location: Some(id.clone()),
                };
                let mut unreadable = SignatureFacts::unreadable(id, "CMS", finding);
                unreadable.countersigns = Some(parent.to_owned());
                facts.signatures.push(unreadable);
                continue;
            }
        };
        let content = ContentDigests {
            values: needed_digests(&counter)
                .into_iter()
                .map(|algorithm| (algorithm, crypto::digest(algorithm, &signer.signature)))
                .collect(),
            prefix: signer.signature.clone(),
            length: Some(signer.signature.len() as u64),
        };
        let subject = Subject { context, content_type: None, content: Some(&content) };
        let mut own = signer_facts(&id, &subject, &counter, trust);
        own.countersigns = Some(parent.to_owned());
        facts.signatures.push(own);
        gather(&id, context, &counter, depth + 1, trust, facts);
    }
}
