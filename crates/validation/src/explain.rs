//! Why a verdict is what it is and what to do next, in sentences for the person at the desk.
//!
//! One explanation for each sub-indication, and closer ones where the findings say more. Italian sentences stay short and readable (Gulpease index
//! of at least 60, checked by a test). May not decide anything.

use crate::{
    catalogue::{Code, Lang, Value},
    indication::{SubIndication, Verdict},
    policy::Level,
    report::Finding,
};

/// A reason and the next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explanation {
    /// Why, in one sentence.
    pub why: &'static str,
    /// What to do next.
    pub next: &'static str,
}

/// What is being explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A signature.
    Signature,
    /// A time-stamp of its own.
    Timestamp,
}

/// The headline of a verdict; `count` of `total` signatures (or time-stamps) have it.
pub fn headline(
    verdict: Verdict,
    subject: Subject,
    count: usize,
    total: usize,
    lang: Lang,
) -> String {
    let one = |it: &'static str, en: &'static str| lang.pick(it, en).to_owned();
    let many = |it: &str, en: &str| lang.pick(it, en).to_owned();
    let of = lang.pick("su", "of");
    match (verdict, subject, total > 1) {
        (Verdict::NoSignature, _, _) => one("Nessuna firma trovata", "No signature found"),
        (Verdict::TotalPassed, Subject::Signature, false) => one("Firma valida", "Valid signature"),
        (Verdict::TotalPassed, Subject::Signature, true) => {
            format!("{}: {total}", many("Firme valide", "Valid signatures"))
        }
        (Verdict::TotalFailed, Subject::Signature, false) => {
            one("Firma NON valida", "Signature NOT valid")
        }
        (Verdict::TotalFailed, Subject::Signature, true) => {
            format!("{}: {count} {of} {total}", many("Firma NON valida", "Signature NOT valid"))
        }
        (Verdict::Indeterminate, Subject::Signature, false) => {
            one("Non verificabile", "Cannot be verified")
        }
        (Verdict::Indeterminate, Subject::Signature, true) => {
            format!("{}: {count} {of} {total}", many("Non verificabile", "Cannot be verified"))
        }
        (Verdict::TotalPassed, Subject::Timestamp, _) => {
            one("Marca temporale valida", "Valid time-stamp")
        }
        (Verdict::TotalFailed, Subject::Timestamp, _) => {
            one("Marca temporale NON valida", "Time-stamp NOT valid")
        }
        (Verdict::Indeterminate, Subject::Timestamp, _) => {
            one("Marca temporale non verificabile", "Time-stamp cannot be verified")
        }
    }
}

/// Why everything passed, and what to do then.
pub fn passed(subject: Subject, lang: Lang) -> Explanation {
    let why = match subject {
        Subject::Signature => lang.pick(
            "Il contenuto è integro e il certificato era valido.",
            "The content is intact and the certificate was valid.",
        ),
        Subject::Timestamp => lang.pick(
            "Il contenuto è quello marcato e l'autorità è di fiducia.",
            "The content is the one stamped and the authority is trusted.",
        ),
    };
    let next = lang.pick("Conserva il file con questo esito.", "Keep the file with this outcome.");
    Explanation { why, next }
}

/// What is added to the headline of what passed, and what is told then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caveat {
    /// A signer somebody expected is missing.
    SignerMissing,
    /// A file of the container is covered by nothing.
    FileUncovered,
}

/// The rest of the headline, and why and what to do, of what passed with a caveat.
pub fn caveat(caveat: Caveat, lang: Lang) -> (&'static str, Explanation) {
    match caveat {
        Caveat::SignerMissing => (
            lang.pick("ma manca una firma attesa", "but an expected signature is missing"),
            Explanation {
                why: lang.pick(
                    "Le firme che ci sono sono valide, ma ne manca una che aspettavi.",
                    "The signatures that are there are valid, but one you expected is missing.",
                ),
                next: lang.pick(
                    "Chiedi la firma che manca, poi ripeti il controllo.",
                    "Ask for the missing signature, then repeat the check.",
                ),
            },
        ),
        Caveat::FileUncovered => (
            lang.pick(
                "ma nel contenitore c'è un file non firmato",
                "but a file in the container is not signed",
            ),
            Explanation {
                why: lang.pick(
                    "La firma non copre tutti i file che sono nel contenitore.",
                    "The signature does not cover every file in the container.",
                ),
                next: lang.pick(
                    "Guarda nelle note qui sotto quale file non è firmato, e non fidarti di quello.",
                    "See below which file is not signed, and do not rely on that one.",
                ),
            },
        ),
    }
}

/// What to say when there is nothing to judge.
pub fn nothing(lang: Lang) -> Explanation {
    Explanation {
        why: lang.pick(
            "Nel file non ci sono firme né marche.",
            "There are no signatures and no time-stamps in the file.",
        ),
        next: lang.pick(
            "Controlla di aver scelto il file firmato.",
            "Check that you chose the signed file.",
        ),
    }
}

macro_rules! explanations {
    ($($sub:pat => { why: $why_it:literal, $why_en:literal; next: $next_it:literal, $next_en:literal })+) => {
        fn table(sub: SubIndication, lang: Lang) -> Explanation {
            match sub {
                $($sub => Explanation {
                    why: lang.pick($why_it, $why_en),
                    next: lang.pick($next_it, $next_en),
                },)+
            }
        }
    };
}

/// Why that sub-indication, and what to do next.
pub fn explain(sub: SubIndication, subject: Subject, lang: Lang) -> Explanation {
    let found = table(sub, lang);
    match (subject, sub) {
        (Subject::Timestamp, SubIndication::HashFailure) => Explanation {
            why: lang.pick(
                "La marca è di un altro file, o il file è cambiato.",
                "The time-stamp is of another file, or the file has changed.",
            ),
            ..found
        },
        (Subject::Timestamp, SubIndication::SignedDataNotFound) => Explanation {
            why: lang.pick("Manca il file che è stato marcato.", "The stamped file is missing."),
            ..found
        },
        (Subject::Timestamp, SubIndication::FormatFailure) => Explanation {
            why: lang.pick(
                "La marca è rovinata o non finita.",
                "The time-stamp is damaged or incomplete.",
            ),
            ..found
        },
        _ => found,
    }
}

/// A reason that says more than a sub-indication, which covers several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// A certificate had not begun at the time of the judgement.
    NotYetValid,
    /// The signature or time-stamp bears a date after the time of the judgement.
    LaterThanCheck,
    /// All revocation data at hand are of after the time of the judgement.
    ProofsLaterThanCheck,
    /// All revocation data at hand are too old.
    ProofsTooOld,
    /// The newest archive time-stamp can no longer be verified, as its authority's certificate expired.
    ArchiveNotRenewed,
    /// The container lacks a file.
    ContainerFileMissing,
}

impl Reason {
    /// Every reason.
    pub const ALL: &'static [Self] = &[
        Self::NotYetValid,
        Self::LaterThanCheck,
        Self::ProofsLaterThanCheck,
        Self::ProofsTooOld,
        Self::ArchiveNotRenewed,
        Self::ContainerFileMissing,
    ];

    /// The reason the findings give for that sub-indication, the closest first; `None` = they say no
    /// more than it does.
    pub fn of(sub: SubIndication, findings: &[Finding]) -> Option<Self> {
        let has = |code| findings.iter().any(|one| one.code == code);
        let decides =
            |code| findings.iter().any(|one| one.code == code && one.level == Level::Fail);
        if sub == S::SignedDataNotFound && has(Code::ContainerFileMissing) {
            return Some(Self::ContainerFileMissing);
        }
        if sub == S::NoPoe && has(Code::TimestampFromFuture) {
            return Some(Self::LaterThanCheck);
        }
        if depends_on_time(sub) && findings.iter().any(not_begun) {
            return Some(Self::NotYetValid);
        }
        if sub == S::CertificateChainGeneralFailure
            && decides(Code::RevocationMissing)
            && has(Code::RsiFromFuture)
        {
            return Some(Self::ProofsLaterThanCheck);
        }
        let old = decides(Code::RevocationExpired) || decides(Code::RevocationNotFresh);
        (sub == S::TryLater && old && !decides(Code::CertificateOnHold))
            .then_some(Self::ProofsTooOld)
    }

    /// Why, and what to do next.
    pub fn explain(self, subject: Subject, lang: Lang) -> Explanation {
        match self {
            Self::NotYetValid => Explanation {
                why: lang.pick(
                    "Alla data del controllo il certificato non era ancora valido.",
                    "At the date of the check the certificate was not valid yet.",
                ),
                next: lang.pick(
                    "Controlla la data chiesta con --at, o quella del computer.",
                    "Check the date asked for with --at, or that of the computer.",
                ),
            },
            Self::LaterThanCheck => Explanation {
                why: match subject {
                    Subject::Signature => lang.pick(
                        "La firma porta una data che viene dopo quella del controllo.",
                        "The signature bears a date later than that of the check.",
                    ),
                    Subject::Timestamp => lang.pick(
                        "La marca porta una data che viene dopo quella del controllo.",
                        "The time-stamp bears a date later than that of the check.",
                    ),
                },
                next: lang.pick(
                    "Controlla la data chiesta con --at, o quella del computer.",
                    "Check the date asked for with --at, or that of the computer.",
                ),
            },
            Self::ProofsLaterThanCheck => Explanation {
                why: lang.pick(
                    "Le prove sulla revoca che ci sono vengono dopo la data del controllo.",
                    "The revocation proofs at hand are later than the date of the check.",
                ),
                next: lang.pick(
                    "Controlla la data chiesta con --at, o dai le prove di allora con --crl e --ocsp.",
                    "Check the date asked for with --at, or give the proofs of then with --crl and --ocsp.",
                ),
            },
            Self::ProofsTooOld => Explanation {
                why: lang.pick(
                    "La prova che il certificato non era revocato è troppo vecchia.",
                    "The proof that the certificate was not revoked is too old.",
                ),
                next: lang.pick(
                    "Ripeti con --online, o dai una prova nuova con --crl o --ocsp.",
                    "Repeat with --online, or give a new proof with --crl or --ocsp.",
                ),
            },
            Self::ArchiveNotRenewed => Explanation {
                why: lang.pick(
                    "L'archivio non è stato rinnovato in tempo: la sua ultima marca non si può più verificare.",
                    "The archive was not renewed in time: its newest time-stamp can no longer be verified.",
                ),
                next: lang.pick(
                    "Cerca una copia rinnovata in tempo, o un'altra prova della data.",
                    "Look for a copy that was renewed in time, or for another proof of the date.",
                ),
            },
            Self::ContainerFileMissing => Explanation {
                why: lang.pick(
                    "Nel contenitore manca un file che la firma copre.",
                    "The container lacks a file that the signature covers.",
                ),
                next: lang.pick(
                    "Chiedi il contenitore completo a chi te lo ha dato.",
                    "Ask whoever gave you the container for the complete one.",
                ),
            },
        }
    }
}

/// Whether another time of the judgement could change that result.
pub(crate) const fn depends_on_time(sub: SubIndication) -> bool {
    matches!(
        sub,
        S::CertificateChainGeneralFailure
            | S::OutOfBoundsNotRevoked
            | S::OutOfBoundsNoPoe
            | S::NoPoe
            | S::TryLater
    )
}

/// Whether a certificate was judged before it began.
fn not_begun(finding: &Finding) -> bool {
    let of_validity =
        matches!(finding.code, Code::CertificateOutOfValidity | Code::CaOutOfValidity);
    match (finding.values.get("time"), finding.values.get("from")) {
        (Some(Value::Time(time)), Some(Value::Time(from))) => {
            of_validity && finding.level == Level::Fail && time < from
        }
        _ => false,
    }
}

/// Why that sub-indication with these findings beside it, and what to do next.
pub fn explain_findings(
    sub: SubIndication,
    findings: &[Finding],
    subject: Subject,
    lang: Lang,
) -> Explanation {
    match Reason::of(sub, findings) {
        Some(reason) => reason.explain(subject, lang),
        None => explain(sub, subject, lang),
    }
}

use SubIndication as S;
explanations! {
    S::FormatFailure => {
        why: "Il file firmato è rovinato, o può essere letto in due modi.",
             "The signed file is damaged, or can be read in two ways.";
        next: "Non usarlo. Chiedi di nuovo il file a chi lo ha firmato.",
              "Do not use it. Ask its signer for the file again." }
    S::HashFailure => {
        why: "Il contenuto è cambiato dopo la firma.",
             "The content has changed since it was signed.";
        next: "Non usarlo. Chiedi l'originale a chi lo ha firmato.",
              "Do not use it. Ask its signer for the original." }
    S::SigCryptoFailure => {
        why: "Il valore della firma è falso o alterato.",
             "The signature value is forged or altered.";
        next: "Non usarlo. Chiedi l'originale a chi lo ha firmato.",
              "Do not use it. Ask its signer for the original." }
    S::Revoked => {
        why: "La firma è nata dopo la revoca del certificato.",
             "The signature was made after its certificate was revoked.";
        next: "Chiedi una nuova firma con un certificato valido.",
              "Ask for a new signature with a valid certificate." }
    S::Expired => {
        why: "La firma è nata dopo la fine del certificato.",
             "The signature was made after its certificate expired.";
        next: "Chiedi una nuova firma con un certificato valido.",
              "Ask for a new signature with a valid certificate." }
    S::NotYetValid => {
        why: "La firma c'era già prima che il certificato fosse valido.",
             "The signature existed before its certificate was valid.";
        next: "Chiedi una nuova firma a chi lo ha firmato.",
              "Ask its signer for a new signature." }
    S::SigConstraintsFailure => {
        why: "Alla firma manca un dato che la norma chiede.",
             "The signature lacks something the standard requires.";
        next: "Guarda le note qui sotto. Chiedi una nuova firma con un programma a norma.",
              "See the findings below. Ask for a new signature from a conforming program." }
    S::ChainConstraintsFailure => {
        why: "Il certificato non è del tipo giusto per questo uso.",
             "The certificate is not of the right kind for this use.";
        next: "Chiedi una nuova firma con il certificato giusto.",
              "Ask for a new signature with the right certificate." }
    S::CertificateChainGeneralFailure => {
        why: "Manca la prova che il certificato non era revocato, o la catena ha un errore.",
             "There is no proof that the certificate was not revoked, or its chain has an error.";
        next: "Ripeti con --online, o dai le prove con --crl e --ocsp.",
              "Repeat with --online, or give the proofs with --crl and --ocsp." }
    S::CryptoConstraintsFailure => {
        why: "La firma usa un metodo che non era più sicuro.",
             "The signature uses a method that was no longer safe.";
        next: "Chiedi una nuova firma con un metodo sicuro.",
              "Ask for a new signature with a safe method." }
    S::CryptoConstraintsFailureNoPoe => {
        why: "La firma usa un metodo che oggi non è più sicuro.",
             "The signature uses a method that is no longer safe today.";
        next: "Serve la prova che la firma è di prima: una marca, il protocollo o la PEC.",
              "A proof that the signature is older is needed: a time-stamp, the register, certified mail." }
    S::PolicyProcessingError => {
        why: "La firma segue regole che non si possono usare.",
             "The signature follows a policy that cannot be used.";
        next: "Chiedi a chi ha firmato quali regole ha seguito.",
              "Ask the signer which policy was followed." }
    S::SignaturePolicyNotAvailable => {
        why: "Manca il testo delle regole che la firma cita.",
             "The policy document the signature names is missing.";
        next: "Chiedi il testo a chi ha firmato, poi ripeti.",
              "Ask the signer for the document, then repeat." }
    S::TimestampOrderFailure => {
        why: "Le date delle marche non vanno d'accordo.",
             "The dates of the time-stamps contradict each other.";
        next: "Guarda le note qui sotto e chiedi a chi ha marcato.",
              "See the findings below and ask who stamped the file." }
    S::NoSigningCertificateFound => {
        why: "Manca il certificato a cui la firma fa capo.",
             "The certificate the signature refers to is missing.";
        next: "Chiedi il certificato a chi ha firmato e dallo con --chain.",
              "Ask the signer for the certificate and give it with --chain." }
    S::NoCertificateChainFound => {
        why: "Non si arriva a un'autorità di fiducia.",
             "There is no path to a trusted authority.";
        next: "Indica con --trust il certificato dell'autorità di cui ti fidi.",
              "Name with --trust the certificate of the authority you trust." }
    S::NoCertificateChainFoundNoPoe => {
        why: "L'autorità oggi non è più di fiducia, e la firma può essere di dopo.",
             "The authority is no longer trusted, and the signature may be later.";
        next: "Serve la prova che la firma è di prima: una marca, il protocollo o la PEC.",
              "A proof that the signature is older is needed: a time-stamp, the register, certified mail." }
    S::RevokedNoPoe => {
        why: "Il certificato è revocato, e la firma può essere di dopo.",
             "The certificate is revoked, and the signature may be later.";
        next: "Serve la prova che la firma è di prima: una marca, il protocollo o la PEC.",
              "A proof that the signature is older is needed: a time-stamp, the register, certified mail." }
    S::RevokedCaNoPoe => {
        why: "L'autorità è revocata, e la firma può essere di dopo.",
             "The authority is revoked, and the signature may be later.";
        next: "Serve la prova che la firma è di prima: una marca, il protocollo o la PEC.",
              "A proof that the signature is older is needed: a time-stamp, the register, certified mail." }
    S::OutOfBoundsNotRevoked => {
        why: "Il certificato è scaduto o non ancora valido, e la data della firma non è certa.",
             "The certificate has expired or not begun, and the date of the signature is not certain.";
        next: "Serve la prova che la firma è di prima: una marca, il protocollo o la PEC.",
              "A proof that the signature is older is needed: a time-stamp, the register, certified mail." }
    S::OutOfBoundsNoPoe => {
        why: "Il certificato è scaduto, e non si sa se era revocato.",
             "The certificate has expired, and whether it was revoked is not known.";
        next: "Cerca le prove di allora e dalle con --crl o --ocsp.",
              "Look for the proofs of that time and give them with --crl or --ocsp." }
    S::RevocationOutOfBoundsNoPoe => {
        why: "È scaduto il certificato di chi attesta che non c'è revoca.",
             "The certificate of who attests the revocation status has expired.";
        next: "Ripeti con --online per avere una prova nuova.",
              "Repeat with --online to get a new proof." }
    S::NoPoe => {
        why: "Manca la prova di quando la firma è nata.",
             "The proof of when this came to be is missing.";
        next: "Dai una prova della data con --time-reference.",
              "Give a proof of the date with --time-reference." }
    S::TryLater => {
        why: "Il certificato è sospeso, o la prova del suo stato è vecchia.",
             "The certificate is on hold, or the proof of its status is old.";
        next: "Ripeti il controllo tra qualche giorno.",
              "Repeat the check in a few days." }
    S::SignedDataNotFound => {
        why: "Manca il file che è stato firmato.",
             "The signed file is missing.";
        next: "Dai il file con --content e ripeti.",
              "Give the file with --content and repeat." }
    S::Generic => {
        why: "La firma usa un metodo che non sappiamo leggere.",
             "The signature uses a method we cannot check.";
        next: "Guarda le note qui sotto e prova un altro programma.",
              "See the findings below and try another program." }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The Gulpease readability index (Lucisano, Piemontese 1988).
    fn gulpease(text: &str) -> f64 {
        let letters = text.chars().filter(|c| c.is_alphanumeric()).count() as f64;
        let words = text.split_whitespace().count() as f64;
        let sentences = text.matches(['.', '!', '?']).count().max(1) as f64;
        89.0 + (300.0 * sentences - 10.0 * letters) / words
    }

    #[test]
    fn every_verdict_reads_easily_in_italian() {
        for sub in SubIndication::ALL {
            for subject in [Subject::Signature, Subject::Timestamp] {
                let told = explain(*sub, subject, Lang::It);
                for text in [told.why, told.next] {
                    assert!(gulpease(text) >= 60.0, "{sub:?} {:.0} «{text}»", gulpease(text));
                    assert!(text.split_whitespace().count() <= 25, "{text}");
                }
            }
        }
    }

    #[test]
    fn every_reason_reads_easily_and_in_both_languages() {
        let caveats = [Caveat::SignerMissing, Caveat::FileUncovered];
        let told = |lang| -> Vec<Explanation> {
            let reasons = Reason::ALL.iter();
            reasons
                .map(|reason| reason.explain(Subject::Signature, lang))
                .chain(caveats.map(|one| caveat(one, lang).1))
                .collect()
        };
        for (it, en) in told(Lang::It).into_iter().zip(told(Lang::En)) {
            assert!(it.why != en.why && it.next != en.next, "{it:?}");
            for text in [it.why, it.next] {
                assert!(gulpease(text) >= 60.0, "{:.0} «{text}»", gulpease(text));
            }
        }
    }

    #[test]
    fn every_sub_indication_is_explained_in_both_languages() {
        for sub in SubIndication::ALL {
            let it = explain(*sub, Subject::Signature, Lang::It);
            let en = explain(*sub, Subject::Signature, Lang::En);
            assert!(it.why != en.why && it.next != en.next, "{sub:?}");
        }
    }

    #[test]
    fn headlines_are_short() {
        for verdict in [
            Verdict::TotalPassed,
            Verdict::Indeterminate,
            Verdict::TotalFailed,
            Verdict::NoSignature,
        ] {
            for subject in [Subject::Signature, Subject::Timestamp] {
                for lang in [Lang::It, Lang::En] {
                    let text = headline(verdict, subject, 2, 10, lang);
                    assert!(text.split_whitespace().count() <= 25, "{text}");
                }
            }
        }
        let one = |verdict| headline(verdict, Subject::Signature, 1, 1, Lang::It);
        assert_eq!(one(Verdict::TotalPassed), "Firma valida");
        assert_eq!(one(Verdict::TotalFailed), "Firma NON valida");
        assert_eq!(one(Verdict::Indeterminate), "Non verificabile");
    }
}
