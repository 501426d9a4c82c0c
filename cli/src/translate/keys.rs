//! Errors of keys and certificates.

use super::formats::{asn1, asn1_step};
use super::said::said;
use crate::failure::with_causes;

pub(super) fn key(error: &crypto::Error) -> String {
    use crypto::Error as E;
    match error {
        E::SignatureInvalid => "il valore della firma non corrisponde a questa chiave".to_owned(),
        E::UnsupportedAlgorithm { oid, .. } => format!("algoritmo {oid} non gestito"),
        E::UnsupportedCurve { oid } => format!("curva ellittica {oid} non gestita"),
        E::Unsupported { what } => format!("non gestito: {what}"),
        E::AlgorithmMismatch { algorithm, key } => {
            format!("{algorithm} non va con una chiave di tipo {key}")
        }
        E::KeyConstraint { algorithm } => {
            format!("la chiave ammette per RSASSA-PSS altri parametri, non {algorithm}")
        }
        E::Malformed { what, .. } => format!("non si riesce a leggere: {}", said(what)),
        E::Limit { what, limit, found } => {
            format!("{found} ({}), mentre il limite è {limit}", said(what))
        }
        E::WrongPassword => "password sbagliata per il file della chiave".to_owned(),
        E::PasswordNeeded => {
            "il file della chiave è cifrato e non è stata data la password".to_owned()
        }
        E::NoPrivateKey => "nel file non c'è una chiave privata".to_owned(),
        E::NoCertificate => "nel file non c'è il certificato della chiave privata".to_owned(),
        E::KeyMismatch => "chiave privata e chiave pubblica non vanno insieme".to_owned(),
        E::TooWeakToSign { what } => format!("troppo debole per firmare: {what}"),
        E::SelfCheckFailed => {
            "la firma appena fatta non si verifica con la sua stessa chiave ed è stata scartata"
                .to_owned()
        }
        E::LegacyProvider { cipher, .. } => format!(
            "il file della chiave usa il vecchio cifrario {cipher}, e manca il modulo «legacy» di OpenSSL"
        ),
        other => said(&with_causes(other)),
    }
}

pub(super) fn key_step(error: &crypto::Error) -> Option<&'static str> {
    use crypto::Error as E;
    Some(match error {
        E::SignatureInvalid => {
            "il file o la firma sono stati alterati, o il certificato è di un altro firmatario"
        }
        E::WrongPassword => {
            "controllare maiuscole e tastiera; una lettera accentata può essere stata scritta in un'altra codifica"
        }
        E::PasswordNeeded => "dare la password da un file, da un descrittore o a richiesta",
        E::NoPrivateKey => {
            "esportare di nuovo la chiave insieme al certificato (PKCS#12, .p12 o .pfx)"
        }
        E::NoCertificate => "esportare insieme chiave e certificato, o indicare il certificato",
        E::KeyMismatch => "indicare il certificato emesso per questa chiave",
        E::TooWeakToSign { .. } => {
            "usare una chiave RSA di almeno 2048 bit, una curva ellittica di almeno 256 bit o EdDSA, con SHA-256 o migliore"
        }
        E::LegacyProvider { .. } => {
            "installare il modulo «legacy» di OpenSSL, o esportare di nuovo la chiave con cifratura AES"
        }
        E::Limit { .. } => {
            "nessun file onesto si avvicina a questo limite: chiederne un altro a chi l'ha fatto"
        }
        E::Malformed { .. } => "il file è danneggiato o di un altro tipo",
        E::UnsupportedCurve { .. } | E::UnsupportedAlgorithm { .. } | E::Unsupported { .. } => {
            "l'algoritmo non è nell'elenco di quelli gestiti, che sta nella documentazione"
        }
        E::SelfCheckFailed => "riprovare; se si ripete, la macchina o la chiave hanno un guasto",
        _ => return None,
    })
}

/// An object with its article.
fn one(object: &str) -> &str {
    match object {
        "certificate" => "un certificato",
        "CRL" => "una lista di revoca (CRL)",
        "OCSP response" => "una risposta OCSP",
        other => other,
    }
}

/// The lack of an object.
fn none(object: &str) -> &str {
    match object {
        "certificate" => "nessun certificato",
        "CRL" => "nessuna lista di revoca (CRL)",
        "OCSP response" => "nessuna risposta OCSP",
        other => other,
    }
}

pub(super) fn x509(error: &::x509::Error) -> String {
    use ::x509::Error as E;
    match error {
        E::Encoding { object, source } => {
            format!("non è {} nella forma giusta: {}", one(object), asn1(source))
        }
        E::Structure { object, rule, at } => {
            format!("{} viola una regola del suo formato al byte {at}: {}", one(object), said(rule))
        }
        E::NotFound { object, octets } => {
            format!("nei {octets} byte del file non c'è {}", none(object))
        }
        E::Base64 { label, .. } => format!("il blocco PEM {label} non è in base64"),
        E::OcspRefused { status } => format!("il servizio OCSP non ha voluto rispondere: {status}"),
        E::OcspType { .. } => "la risposta OCSP è di un tipo sconosciuto".to_owned(),
        other => said(&with_causes(other)),
    }
}

pub(super) fn x509_step(error: &::x509::Error) -> Option<&'static str> {
    use ::x509::Error as E;
    match error {
        E::Encoding { source, .. } => asn1_step(source),
        E::NotFound { .. } => Some("controllare che il file sia quello giusto, in DER o PEM"),
        E::Structure { .. } | E::Base64 { .. } | E::OcspType { .. } => {
            Some("il file è danneggiato o di un altro tipo: chiederlo di nuovo a chi lo emette")
        }
        E::OcspRefused { .. } => Some("riprovare più tardi, o dare la lista di revoca (CRL)"),
        _ => None,
    }
}
