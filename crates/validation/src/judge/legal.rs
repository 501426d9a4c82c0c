//! Notes of Italian law beside the judgement. They never change an indication.
//!
//! CAD (D.Lgs 82/2005) art. 24 c. 4-bis: signing with a revoked, expired or suspended certificate is
//! the same as not signing; DPCM 22-2-2013 art. 53: how long an authority keeps its time-stamps.

use super::{Engine, timestamp::StampJudgement};
use crate::{
    Time,
    catalogue::{LegalText, Value, Values},
    facts::{
        AnchorPurpose, CertificateStatus, ChainFacts, RevocationReason, SignatureFacts,
        TimestampKind,
    },
    report::LegalNote,
};
use chrono::{DateTime, Months};

/// Before this moment (4-12-2004) stamps were kept five years, since then twenty.
const TWENTY_YEARS_SINCE: i64 = 1_102_114_800;

impl Engine<'_> {
    /// The notes on a signature whose time reference is `time` (the best signature time, else the judgement's).
    pub(super) fn signature_notes(
        &self,
        facts: &SignatureFacts,
        chain: Option<&ChainFacts>,
        time: Time,
    ) -> Vec<LegalNote> {
        let mut notes = Vec::new();
        let Some(fingerprint) = &facts.certificate else { return notes };
        let Some(certificate) = self.certificate(fingerprint) else { return notes };
        if let Some(chain) = chain {
            notes.extend(self.revocation_note(fingerprint, chain, time));
        }
        if time > certificate.not_after {
            notes.push(note(
                LegalText::Expired,
                [("to", certificate.not_after), ("time", time)],
                None,
            ));
        }
        notes
    }

    fn revocation_note(
        &self,
        fingerprint: &crate::facts::Fingerprint,
        chain: &ChainFacts,
        time: Time,
    ) -> Option<LegalNote> {
        let selection = self.select_revocation(fingerprint, chain, AnchorPurpose::Signature);
        let chosen = selection.chosen?;
        let CertificateStatus::Revoked { at, reason } = chosen.status else { return None };
        if reason == RevocationReason::RemoveFromCrl {
            return None;
        }
        // The effect runs from the publication of the list; where the dates differ the stricter serves.
        let published = self
            .facts
            .revocation
            .get(fingerprint)
            .into_iter()
            .flatten()
            .filter(|data| {
                matches!(data.status, CertificateStatus::Revoked { .. })
                    && !selection.refused.iter().any(|(refused, _)| std::ptr::eq(*refused, *data))
            })
            .filter_map(|data| data.this_update)
            .min()?;
        if at.min(published) > time {
            return None;
        }
        Some(match reason {
            RevocationReason::CertificateHold => note(LegalText::OnHold, [("revoked", at)], None),
            _ if at == published => {
                note(LegalText::Revoked, [("revoked", at), ("time", time)], None)
            }
            _ => note(
                LegalText::RevokedTwoDates,
                [("revoked", at), ("published", published), ("time", time)],
                None,
            ),
        })
    }
}

/// The notes on a time-stamp. Only a trusted list can say that an authority is an Italian one and was
/// qualified then; without it there is no note.
pub(super) fn stamp_notes(judged: &StampJudgement<'_>) -> Vec<LegalNote> {
    let service = judged
        .chain
        .and_then(|chain| chain.anchor.as_ref())
        .and_then(|anchor| anchor.service.as_ref());
    let (Some(service), Some(time), Some(true)) = (service, judged.facts.gen_time, judged.intact)
    else {
        return Vec::new();
    };
    let italian = service.territory == "IT"
        && service.service_type.ends_with("/TSA/QTST")
        && service.granted.iter().any(|period| period.contains(time));
    if !italian || judged.facts.kind == TimestampKind::Content {
        return Vec::new();
    }
    let since = DateTime::from_timestamp(TWENTY_YEARS_SINCE, 0);
    let months = if since.is_some_and(|since| time < since) { 5 * 12 } else { 20 * 12 };
    let Some(until) = time.checked_add_months(Months::new(months)) else { return Vec::new() };
    vec![note(LegalText::TwentyYears, [("until", until)], Some(("provider", &service.provider)))]
}

fn note<const N: usize>(
    text: LegalText,
    times: [(&str, Time); N],
    name: Option<(&str, &String)>,
) -> LegalNote {
    let mut values: Values =
        times.into_iter().map(|(name, time)| (name.to_owned(), Value::from(time))).collect();
    if let Some((key, value)) = name {
        values.insert(key.to_owned(), Value::from(value));
    }
    LegalNote::new(text, values)
}
