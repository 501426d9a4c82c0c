//! Every message of a report, in Italian and English, keyed by a code that is never translated.
//!
//! Texts are for the person at the desk: short, no jargon where a plain word exists. A text may hold
//! `{names}`, filled from the values of its finding. May not decide anything.

use crate::{Time, clean::clean};
use chrono::SecondsFormat;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The language of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// Italian.
    It,
    /// English.
    #[default]
    En,
}

impl Lang {
    /// The one of two texts that is in this language.
    pub const fn pick<'a>(self, it: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::It => it,
            Self::En => en,
        }
    }
}

/// An observed value in a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// A moment: UTC in JSON, Europe/Rome in text.
    Time(Time),
    /// Anything else, already cleaned.
    Text(String),
}

impl From<Time> for Value {
    fn from(time: Time) -> Self {
        Self::Time(time)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(clean(text))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(clean(&text))
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(clean(text))
    }
}

/// The observed values of a finding, by name.
pub type Values = BTreeMap<String, Value>;

/// A moment as JSON writes it: RFC 3339, UTC, whole seconds unless there are fractions.
pub fn utc(time: Time) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// Fills the `{names}` of a text; moments are written by `show`.
pub fn fill(template: &str, values: &Values, show: impl Fn(Time) -> String) -> String {
    let mut out = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            out.push('{');
            rest = after;
            continue;
        };
        match values.get(name) {
            Some(Value::Time(time)) => out.push_str(&show(*time)),
            Some(Value::Text(text)) => out.push_str(&clean(text)),
            None => out.push('?'),
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

macro_rules! codes {
    ($($variant:ident = $name:literal { it: $it:literal, en: $en:literal })+) => {
        /// The kinds of finding; also the names of the policy's rows.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum Code { $(#[doc = $en] #[serde(rename = $name)] $variant,)+ }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name, the same in every language.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The text in that language, with its `{names}` unfilled.
            pub const fn text(self, lang: Lang) -> &'static str {
                match self { $(Self::$variant => lang.pick($it, $en),)+ }
            }
        }
    };
}

codes! {
    // Format checking, EN 319 102-1 §5.2.2.
    StructureUnreadable = "STRUCTURE_UNREADABLE" {
        it: "La struttura della firma non si legge: {detail}.",
        en: "The structure of the signature cannot be read: {detail}." }
    StructureAmbiguous = "STRUCTURE_AMBIGUOUS" {
        it: "La struttura si può leggere in due modi: {detail}.",
        en: "The structure can be read in two ways: {detail}." }
    StructureDeviation = "STRUCTURE_DEVIATION" {
        it: "La struttura si scosta dalla norma: {detail}.",
        en: "The structure departs from the standard: {detail}." }
    AlgorithmsDisagree = "ALGORITHMS_DISAGREE" {
        it: "Gli algoritmi dichiarati dalla firma non concordano: {detail}.",
        en: "The algorithms the signature declares do not agree: {detail}." }
    SignedAttributesAsContent = "SIGNED_ATTRIBUTES_AS_CONTENT" {
        it: "Il contenuto è fatto come gli attributi di un'altra firma: può essere una contraffazione.",
        en: "The content is made like the attributes of another signature: it may be a forgery." }
    TrailingBytes = "TRAILING_BYTES" {
        it: "Dopo la fine della firma ci sono byte in più: {detail}.",
        en: "There are extra bytes after the end of the signature: {detail}." }
    FetchFailed = "FETCH_FAILED" {
        it: "Non è stato possibile scaricare una prova: {detail}.",
        en: "A proof could not be fetched: {detail}." }
    WrappingRemoved = "WRAPPING_REMOVED" {
        it: "Il file era avvolto in una codifica di testo, tolta per leggerlo: {detail}.",
        en: "The file was wrapped in a text encoding, removed to read it: {detail}." }

    // Containers, EN 319 162-1.
    ContainerUnsafe = "CONTAINER_UNSAFE" {
        it: "Il contenitore non si può leggere in modo sicuro: {detail}",
        en: "The container cannot be read safely: {detail}" }
    ContainerFilesCovered = "CONTAINER_FILES_COVERED" {
        it: "La firma copre: {detail}.",
        en: "The signature covers: {detail}." }
    ContainerFileAltered = "CONTAINER_FILE_ALTERED" {
        it: "Nel contenitore il file «{detail}» non è quello che fu firmato.",
        en: "In the container the file “{detail}” is not the one that was signed." }
    ContainerFileMissing = "CONTAINER_FILE_MISSING" {
        it: "Il file «{detail}», che la firma copre, non è nel contenitore.",
        en: "The file “{detail}”, which the signature covers, is not in the container." }
    ContainerFileUnchecked = "CONTAINER_FILE_UNCHECKED" {
        it: "L'impronta del file «{detail}» usa un algoritmo non conosciuto: non è controllata.",
        en: "The digest of the file “{detail}” uses an algorithm that is not known: it is not checked." }
    ContainerFileUncovered = "CONTAINER_FILE_UNCOVERED" {
        it: "Nel contenitore il file «{detail}» non è firmato: nessuna firma integra (o, senza firme, nessuna marca) lo copre.",
        en: "In the container the file “{detail}” is not signed: no intact signature (or, without signatures, no time-stamp) covers it." }
    ContainerFileUnknown = "CONTAINER_FILE_UNKNOWN" {
        it: "In META-INF c'è il file «{detail}», che non è firmato e di cui non si conosce lo scopo.",
        en: "META-INF holds the file “{detail}”, which is not signed and whose purpose is not known." }
    ContainerSignatureMissing = "CONTAINER_SIGNATURE_MISSING" {
        it: "Un elenco del contenitore nomina «{detail}», la firma o marca fatta su di esso, che non c'è: può essere stata tolta.",
        en: "A manifest of the container names “{detail}”, the signature or time-stamp made over it, which is not there: it may have been taken away." }
    InnerFileNotJudged = "INNER_FILE_NOT_JUDGED" {
        it: "Il contenuto è a sua volta firmato o marcato e le sue firme qui non sono giudicate: {detail}. Estrarlo e verificarlo da solo.",
        en: "The content is itself signed or time-stamped, and its signatures are not judged here: {detail}. Extract it and verify it by itself." }
    ContainerManifestMissing = "CONTAINER_MANIFEST_MISSING" {
        it: "Nessun elenco del contenitore si riferisce a «{detail}»: non si sa che cosa copra.",
        en: "No manifest of the container refers to “{detail}”: what it covers is not known." }
    ContainerManifestUnreadable = "CONTAINER_MANIFEST_UNREADABLE" {
        it: "Un elenco del contenitore non si legge: {detail}.",
        en: "A manifest of the container cannot be read: {detail}." }
    ContainerCriticalExtension = "CONTAINER_CRITICAL_EXTENSION" {
        it: "L'elenco del contenitore ha estensioni critiche non conosciute.",
        en: "The manifest of the container has critical extensions that are not known." }
    ContainerObjectAmbiguous = "CONTAINER_OBJECT_AMBIGUOUS" {
        it: "Un ASiC-S contiene un solo file firmato; qui sono {detail}.",
        en: "An ASiC-S holds one signed file; here there are {detail}." }
    ContainerDeviation = "CONTAINER_DEVIATION" {
        it: "Il contenitore si scosta dalla norma: {detail}.",
        en: "The container departs from the standard: {detail}." }
    ContainerEvidenceRecord = "CONTAINER_EVIDENCE_RECORD" {
        it: "Il contenitore ha una prova d'archivio (evidence record) che qui non è giudicata: {detail}.",
        en: "The container has an evidence record, which is not judged here: {detail}." }
    ContainerXmlSignature = "CONTAINER_XML_SIGNATURE" {
        it: "Il contenitore ha una firma XML, che qui non è giudicata: {detail}.",
        en: "The container has an XML signature, which is not judged here: {detail}." }

    // Identification of the signing certificate, §5.2.3.
    SigningCertificateNotFound = "SIGNING_CERTIFICATE_NOT_FOUND" {
        it: "Manca il certificato di chi ha firmato ({signer}).",
        en: "The signer's certificate is not at hand ({signer})." }
    SigningCertificateMismatch = "SIGNING_CERTIFICATE_MISMATCH" {
        it: "La firma si riferisce a un certificato diverso da quello presente.",
        en: "The signature refers to another certificate than the one present." }
    SigningCertificateIssuerSerialMismatch = "SIGNING_CERTIFICATE_ISSUER_SERIAL_MISMATCH" {
        it: "Il riferimento al certificato ha giusta l'impronta, ma non emittente e numero di serie.",
        en: "The certificate reference has the right digest, but another issuer and serial number." }

    // Validation context and signature policy, §5.2.4.
    SignaturePolicyMissing = "SIGNATURE_POLICY_MISSING" {
        it: "Serve una politica di firma, ma la firma non ne indica una.",
        en: "A signature policy is required, but the signature names none." }
    SignaturePolicyNotAccepted = "SIGNATURE_POLICY_NOT_ACCEPTED" {
        it: "La politica di firma {policy} non è tra quelle ammesse.",
        en: "The signature policy {policy} is not among those accepted." }
    SignaturePolicyUnavailable = "SIGNATURE_POLICY_UNAVAILABLE" {
        it: "Il testo della politica di firma {policy} non è disponibile.",
        en: "The document of signature policy {policy} is not at hand." }
    SignaturePolicyStoreMissing = "SIGNATURE_POLICY_STORE_MISSING" {
        it: "La firma non contiene il testo della politica {policy}.",
        en: "The signature does not hold the document of policy {policy}." }
    SignaturePolicyHashMismatch = "SIGNATURE_POLICY_HASH_MISMATCH" {
        it: "Il testo della politica di firma {policy} non è quello indicato dalla firma.",
        en: "The document of signature policy {policy} is not the one the signature names." }

    // X.509 validation, §5.2.6.
    ChainNotFound = "CHAIN_NOT_FOUND" {
        it: "Il certificato {certificate} non arriva a un'autorità di fiducia.",
        en: "The certificate {certificate} does not lead to a trusted authority." }
    ChainIncomplete = "CHAIN_INCOMPLETE" {
        it: "Manca il certificato dell'emittente {issuer}.",
        en: "The certificate of the issuer {issuer} is missing." }
    SearchLimited = "SEARCH_LIMITED" {
        it: "La ricerca di catene e prove di revoca si è fermata a un limite: {detail}. Può esserci una catena o una prova che non è stata vista.",
        en: "The search for chains and revocation data ended at a limit: {detail}. There may be a chain or a proof that was not seen." }
    AnchorPurpose = "ANCHOR_PURPOSE" {
        it: "L'autorità {anchor} non è di fiducia per questo uso.",
        en: "The authority {anchor} is not trusted for this purpose." }
    AnchorSunset = "ANCHOR_SUNSET" {
        it: "L'autorità {anchor} non è di fiducia in questo momento.",
        en: "The authority {anchor} is not trusted at this time." }
    CertificateSignatureInvalid = "CERTIFICATE_SIGNATURE_INVALID" {
        it: "Il certificato {certificate} non porta una firma valida del suo emittente.",
        en: "The certificate {certificate} does not bear a valid signature of its issuer." }
    CertificateNotCa = "CERTIFICATE_NOT_CA" {
        it: "Il certificato {certificate} non può emettere altri certificati.",
        en: "The certificate {certificate} may not issue other certificates." }
    CertificatePathLength = "CERTIFICATE_PATH_LENGTH" {
        it: "La catena sotto {certificate} è più lunga di quanto quel certificato permette.",
        en: "The chain below {certificate} is longer than that certificate allows." }
    CertificateIssuerName = "CERTIFICATE_ISSUER_NAME" {
        it: "L'emittente scritto in {certificate} non è quello che lo ha firmato.",
        en: "The issuer named in {certificate} is not the one that signed it." }
    CertificateNameConstraints = "CERTIFICATE_NAME_CONSTRAINTS" {
        it: "Il nome in {certificate} è fuori dai limiti posti dalla sua autorità.",
        en: "The name in {certificate} is outside the limits set by its authority." }
    CertificatePolicyTree = "CERTIFICATE_POLICY_TREE" {
        it: "Le politiche dei certificati della catena non concordano.",
        en: "The certificate policies along the chain do not agree." }
    CertificateCriticalExtension = "CERTIFICATE_CRITICAL_EXTENSION" {
        it: "Il certificato {certificate} ha un'estensione obbligatoria che non sappiamo leggere: {detail}.",
        en: "The certificate {certificate} has a critical extension we cannot process: {detail}." }
    CertificateCaKeyUsage = "CERTIFICATE_CA_KEY_USAGE" {
        it: "La chiave di {certificate} non può firmare certificati.",
        en: "The key of {certificate} may not sign certificates." }
    CertificatePathInvalid = "CERTIFICATE_PATH_INVALID" {
        it: "La catena dei certificati non è valida: {detail}.",
        en: "The certificate chain is not valid: {detail}." }
    CertificateForbiddenExtension = "CERTIFICATE_FORBIDDEN_EXTENSION" {
        it: "Il certificato {certificate} ha un'estensione che qui è vietata: {detail}.",
        en: "The certificate {certificate} has an extension that is forbidden here: {detail}." }
    CertificateKeyUsage = "CERTIFICATE_KEY_USAGE" {
        it: "Il certificato {certificate} non è fatto per firmare documenti (manca «non ripudio»).",
        en: "The certificate {certificate} is not meant to sign documents (no non-repudiation)." }
    CertificateSelfSigned = "CERTIFICATE_SELF_SIGNED" {
        it: "Il certificato {certificate} se lo è emesso il titolare stesso.",
        en: "The certificate {certificate} was issued by its own holder." }
    CertificateNotQualified = "CERTIFICATE_NOT_QUALIFIED" {
        it: "Il certificato {certificate} non si dichiara qualificato.",
        en: "The certificate {certificate} does not claim to be qualified." }
    CertificateUsageLimit = "CERTIFICATE_USAGE_LIMIT" {
        it: "Limite d'uso scritto nel certificato: «{detail}».",
        en: "Limit of use written in the certificate: \"{detail}\"." }
    TsaKeyPurpose = "TSA_KEY_PURPOSE" {
        it: "Il certificato {certificate} non è fatto per le sole marche temporali.",
        en: "The certificate {certificate} is not meant for time-stamps alone." }
    CertificateRevoked = "CERTIFICATE_REVOKED" {
        it: "Il certificato {certificate} è revocato dal {revoked} ({reason}).",
        en: "The certificate {certificate} is revoked since {revoked} ({reason})." }
    CaRevoked = "CA_REVOKED" {
        it: "L'autorità {certificate} è revocata dal {revoked} ({reason}).",
        en: "The authority {certificate} is revoked since {revoked} ({reason})." }
    CertificateOnHold = "CERTIFICATE_ON_HOLD" {
        it: "Il certificato {certificate} è sospeso dal {revoked}.",
        en: "The certificate {certificate} is on hold since {revoked}." }
    CertificateOutOfValidity = "CERTIFICATE_OUT_OF_VALIDITY" {
        it: "Il certificato {certificate} vale dal {from} al {to}: non al momento considerato, {time}.",
        en: "The certificate {certificate} is valid from {from} to {to}: not at the time considered, {time}." }
    CaOutOfValidity = "CA_OUT_OF_VALIDITY" {
        it: "Il certificato dell'autorità {certificate} vale dal {from} al {to}: non al momento considerato, {time}.",
        en: "The authority's certificate {certificate} is valid from {from} to {to}: not at the time considered, {time}." }
    BestTimeBeforeCertificate = "BEST_TIME_BEFORE_CERTIFICATE" {
        it: "La firma esisteva già il {time}, prima che il certificato {certificate} cominciasse a valere ({from}).",
        en: "The signature already existed on {time}, before the certificate {certificate} began ({from})." }

    // Revocation data, §5.2.5, §5.2.6.
    RevocationMissing = "REVOCATION_MISSING" {
        it: "Non c'è una prova sullo stato di revoca di {certificate}.",
        en: "There is no proof of the revocation status of {certificate}." }
    RevocationUnacceptable = "REVOCATION_UNACCEPTABLE" {
        it: "Le prove sullo stato di revoca di {certificate} non si possono accettare.",
        en: "The proofs of the revocation status of {certificate} cannot be accepted." }
    RevocationNotFresh = "REVOCATION_NOT_FRESH" {
        it: "La prova sullo stato di {certificate} è del {issued}: troppo vecchia.",
        en: "The proof of the status of {certificate} is of {issued}: too old." }
    RevocationExpired = "REVOCATION_EXPIRED" {
        it: "La prova sullo stato di {certificate} valeva fino al {until}: non dice nulla per il {time}.",
        en: "The proof of the status of {certificate} served until {until}: it says nothing about {time}." }
    RevocationIssuerExpired = "REVOCATION_ISSUER_EXPIRED" {
        it: "È scaduto il certificato di chi attesta lo stato di {certificate}.",
        en: "The certificate of who attests the status of {certificate} has expired." }
    CrlNextUpdateMissing = "CRL_NEXT_UPDATE_MISSING" {
        it: "La lista di revoca usata per {certificate} non dice quando esce la prossima.",
        en: "The revocation list used for {certificate} does not say when the next is due." }
    RsiStatusUnknown = "RSI_STATUS_UNKNOWN" {
        it: "Prova {rsi} non usata: il risponditore non conosce il certificato.",
        en: "Proof {rsi} not used: the responder does not know the certificate." }
    RsiIssuerUnknown = "RSI_ISSUER_UNKNOWN" {
        it: "Prova {rsi} non usata: manca il certificato di chi l'ha firmata.",
        en: "Proof {rsi} not used: the certificate of its signer is not at hand." }
    RsiIssuerUntrusted = "RSI_ISSUER_UNTRUSTED" {
        it: "Prova {rsi} non usata: chi l'ha firmata non arriva a un'autorità di fiducia.",
        en: "Proof {rsi} not used: its signer does not lead to a trusted authority." }
    RsiIssuerRevoked = "RSI_ISSUER_REVOKED" {
        it: "Prova {rsi} non usata: il certificato di chi l'ha firmata è revocato.",
        en: "Proof {rsi} not used: the certificate of its signer is revoked." }
    RsiIssuerStatusUnknown = "RSI_ISSUER_STATUS_UNKNOWN" {
        it: "Prova {rsi} non usata: lo stato di chi l'ha firmata non è noto.",
        en: "Proof {rsi} not used: the status of its signer is not known." }
    RsiSignatureInvalid = "RSI_SIGNATURE_INVALID" {
        it: "Prova {rsi} non usata: la sua firma non è valida.",
        en: "Proof {rsi} not used: its signature is not valid." }
    RsiThisUpdateMissing = "RSI_THIS_UPDATE_MISSING" {
        it: "Prova {rsi} non usata: non porta una data.",
        en: "Proof {rsi} not used: it bears no date." }
    RsiIssuerInvalidAtProduction = "RSI_ISSUER_INVALID_AT_PRODUCTION" {
        it: "Prova {rsi} non usata: chi l'ha firmata non aveva allora un certificato valido.",
        en: "Proof {rsi} not used: its signer had no valid certificate then." }
    RsiResponderIdMismatch = "RSI_RESPONDER_ID_MISMATCH" {
        it: "Prova {rsi} non usata: il nome del risponditore non è quello del suo certificato.",
        en: "Proof {rsi} not used: the responder's name is not that of its certificate." }
    RsiCertHashMismatch = "RSI_CERT_HASH_MISMATCH" {
        it: "Prova {rsi} non usata: parla di un altro certificato.",
        en: "Proof {rsi} not used: it speaks of another certificate." }
    RsiNotAuthorised = "RSI_NOT_AUTHORISED" {
        it: "Prova {rsi} non usata: chi l'ha firmata non ne aveva titolo.",
        en: "Proof {rsi} not used: its signer had no right to." }
    RsiBeforeCertificate = "RSI_BEFORE_CERTIFICATE" {
        it: "Prova {rsi} non usata: è più vecchia del certificato.",
        en: "Proof {rsi} not used: it is older than the certificate." }
    RsiExpiredNotCovered = "RSI_EXPIRED_NOT_COVERED" {
        it: "Prova {rsi} non usata: fatta dopo la scadenza del certificato, quando poteva non dirne più nulla.",
        en: "Proof {rsi} not used: made after the certificate expired, when it might no longer list it." }
    RsiFromFuture = "RSI_FROM_FUTURE" {
        it: "Prova {rsi} non usata: porta una data successiva al momento del controllo.",
        en: "Proof {rsi} not used: its date is later than the time of this check." }
    RsiScope = "RSI_SCOPE" {
        it: "Prova {rsi} non usata: non riguarda certificati di questo tipo.",
        en: "Proof {rsi} not used: it is not about certificates of this kind." }
    RsiUnusable = "RSI_UNUSABLE" {
        it: "Prova {rsi} non usata: non si può leggere o ha un'estensione sconosciuta.",
        en: "Proof {rsi} not used: it cannot be read or has an unknown extension." }

    // Cryptographic verification, §5.2.7.
    ContentMissing = "CONTENT_MISSING" {
        it: "Il contenuto firmato non è stato fornito.",
        en: "The signed content was not supplied." }
    ContentDigestMismatch = "CONTENT_DIGEST_MISMATCH" {
        it: "Il contenuto non è quello firmato: l'impronta {algorithm} è diversa.",
        en: "The content is not the one signed: its {algorithm} digest differs." }
    ContentDigestOtherAlgorithm = "CONTENT_DIGEST_OTHER_ALGORITHM" {
        it: "L'impronta fornita non è {algorithm}, quella firmata: il contenuto non si può controllare.",
        en: "The digest supplied is not by {algorithm}, the one signed: the content cannot be checked." }
    ContentNotChecked = "CONTENT_NOT_CHECKED" {
        it: "Il contenuto non è stato controllato: impronta {algorithm} non supportata.",
        en: "The content was not checked: digest {algorithm} is not supported." }
    SignatureValueInvalid = "SIGNATURE_VALUE_INVALID" {
        it: "Il valore della firma non corrisponde al certificato del firmatario.",
        en: "The signature value does not verify with the signer's certificate." }
    SignatureValueUnchecked = "SIGNATURE_VALUE_UNCHECKED" {
        it: "Il valore della firma non è stato controllato.",
        en: "The signature value was not checked." }
    SignatureAlgorithmUnsupported = "SIGNATURE_ALGORITHM_UNSUPPORTED" {
        it: "L'algoritmo di firma {algorithm} non è tra quelli che sappiamo controllare.",
        en: "The signature algorithm {algorithm} is not one we can check." }
    SignedAttributesReordered = "SIGNED_ATTRIBUTES_REORDERED" {
        it: "La firma vale solo riordinando gli attributi firmati: il programma che l'ha fatta non segue la norma.",
        en: "The signature verifies only with its signed attributes reordered: its maker departs from the standard." }
    SignatureTolerance = "SIGNATURE_TOLERANCE" {
        it: "La firma vale solo con una tolleranza: {detail}.",
        en: "The signature verifies only with a tolerance: {detail}." }

    // Signature acceptance, §5.2.8.
    SignedAttributesMissing = "SIGNED_ATTRIBUTES_MISSING" {
        it: "La firma non ha attributi firmati: è una semplice firma CMS, non una firma avanzata.",
        en: "The signature has no signed attributes: it is a plain CMS signature, not an advanced one." }
    SigningCertificateAttributeMissing = "SIGNING_CERTIFICATE_ATTRIBUTE_MISSING" {
        it: "La firma non è legata al certificato di chi firma (manca signing-certificate).",
        en: "The signature is not bound to the signer's certificate (no signing-certificate attribute)." }
    SigningCertificateAttributeTwice = "SIGNING_CERTIFICATE_ATTRIBUTE_TWICE" {
        it: "La firma porta signing-certificate in tutte e due le versioni.",
        en: "The signature bears both versions of signing-certificate." }
    AttributeDuplicated = "ATTRIBUTE_DUPLICATED" {
        it: "L'attributo {attribute} compare più volte o ha più valori.",
        en: "The attribute {attribute} occurs more than once or has several values." }
    AttributeMalformed = "ATTRIBUTE_MALFORMED" {
        it: "L'attributo {attribute} ha un valore che non si legge.",
        en: "The attribute {attribute} has a value that cannot be read." }
    ReferenceOutOfPath = "REFERENCE_OUT_OF_PATH" {
        it: "La firma si riferisce anche a certificati estranei alla catena.",
        en: "The signature also refers to certificates outside the chain." }
    PathNotReferenced = "PATH_NOT_REFERENCED" {
        it: "La firma non si riferisce a tutti i certificati della catena.",
        en: "The signature does not refer to every certificate of the chain." }
    ReferenceWeakDigest = "REFERENCE_WEAK_DIGEST" {
        it: "Il riferimento al certificato usa {algorithm}, oggi debole.",
        en: "The certificate reference uses {algorithm}, weak today." }
    SigningTimeMissing = "SIGNING_TIME_MISSING" {
        it: "La firma non dichiara quando è stata fatta.",
        en: "The signature does not say when it was made." }
    SigningTimeOutOfRange = "SIGNING_TIME_OUT_OF_RANGE" {
        it: "La firma dichiara il {time}, quando il certificato {certificate} non valeva.",
        en: "The signature claims {time}, when the certificate {certificate} was not valid." }
    SigningTimeLate = "SIGNING_TIME_LATE" {
        it: "La firma dichiara il {time}, ma esisteva già il {proof}: l'orologio di chi firma era avanti.",
        en: "The signature claims {time}, but it already existed on {proof}: the signer's clock was ahead." }
    ContentTypeMissing = "CONTENT_TYPE_MISSING" {
        it: "Manca l'attributo obbligatorio content-type.",
        en: "The mandatory content-type attribute is missing." }
    ContentTypeMismatch = "CONTENT_TYPE_MISMATCH" {
        it: "L'attributo content-type non è quello del contenuto.",
        en: "The content-type attribute is not that of the content." }
    MessageDigestMissing = "MESSAGE_DIGEST_MISSING" {
        it: "Manca l'attributo message-digest: la firma non è legata al contenuto.",
        en: "The message-digest attribute is missing: the signature is not bound to the content." }
    AlgorithmProtectionMismatch = "ALGORITHM_PROTECTION_MISMATCH" {
        it: "Gli algoritmi protetti dalla firma (CMSAlgorithmProtection) non sono quelli usati.",
        en: "The algorithms the signature protects (CMSAlgorithmProtection) are not those used." }
    ReferencedValueMissing = "REFERENCED_VALUE_MISSING" {
        it: "Certificati o prove di revoca a cui la firma si riferisce non sono tra quelli allegati: {detail}.",
        en: "Certificates or revocation data the signature refers to are not among those attached: {detail}." }
    AlgorithmNotAcceptable = "ALGORITHM_NOT_ACCEPTABLE" {
        it: "{object}: {algorithm} non è più sicuro dal {end}.",
        en: "{object}: {algorithm} is no longer safe since {end}." }
    AlgorithmNeverAcceptable = "ALGORITHM_NEVER_ACCEPTABLE" {
        it: "{object}: {algorithm} non è ammesso.",
        en: "{object}: {algorithm} is not accepted." }
    AlgorithmAged = "ALGORITHM_AGED" {
        it: "{object}: {algorithm} è sconsigliato dal {end}.",
        en: "{object}: {algorithm} is discouraged since {end}." }

    // Time-stamps, §5.4, and time, §5.5.
    ImprintMismatch = "IMPRINT_MISMATCH" {
        it: "La marca temporale è di un altro oggetto: l'impronta è diversa.",
        en: "The time-stamp is of another object: its imprint differs." }
    ImprintUnchecked = "IMPRINT_UNCHECKED" {
        it: "Manca ciò che la marca temporale copre.",
        en: "What the time-stamp covers is not at hand." }
    HashIndexInvalid = "HASH_INDEX_INVALID" {
        it: "L'indice della marca di archivio non corrisponde a ciò che copre.",
        en: "The index of the archive time-stamp does not resolve to what it covers." }
    HashIndexDetail = "HASH_INDEX_DETAIL" {
        it: "Indice della marca di archivio: {detail}.",
        en: "Index of the archive time-stamp: {detail}." }
    HashIndexElsewhere = "HASH_INDEX_ELSEWHERE" {
        it: "L'indice della marca di archivio nomina oggetti ({detail}) che stanno altrove nel file.",
        en: "The index of the archive time-stamp names objects ({detail}) that stand elsewhere in the file." }
    HashIndexOld = "HASH_INDEX_OLD" {
        it: "La marca di archivio ha un indice di una versione superata ({detail}).",
        en: "The archive time-stamp has an index of an outdated version ({detail})." }
    TsaNameMismatch = "TSA_NAME_MISMATCH" {
        it: "Il nome dell'autorità nella marca non è quello del suo certificato.",
        en: "The authority's name in the time-stamp is not that of its certificate." }
    TimestampFromFuture = "TIMESTAMP_FROM_FUTURE" {
        it: "La marca temporale porta una data successiva al momento del controllo ({time}).",
        en: "The time-stamp is later than the time of this check ({time})." }
    TimestampOutsideTsaValidity = "TIMESTAMP_OUTSIDE_TSA_VALIDITY" {
        it: "La marca è del {time}, quando il certificato dell'autorità {certificate} non valeva.",
        en: "The time-stamp is of {time}, when the authority's certificate {certificate} was not valid." }
    TimestampNotUsed = "TIMESTAMP_NOT_USED" {
        it: "La marca temporale {stamp} non è stata usata: {reason}.",
        en: "The time-stamp {stamp} was not used: {reason}." }
    TimestampRequired = "TIMESTAMP_REQUIRED" {
        it: "Ogni marca temporale deve essere valida, e {stamp} non lo è: {reason}.",
        en: "Every time-stamp must be valid, and {stamp} is not: {reason}." }
    SignatureTimestampMissing = "SIGNATURE_TIMESTAMP_MISSING" {
        it: "Serve una marca temporale valida sulla firma, e non c'è.",
        en: "A valid time-stamp on the signature is required, and there is none." }
    TimestampOrder = "TIMESTAMP_ORDER" {
        it: "Le marche temporali si contraddicono: {first} dovrebbe precedere {second}.",
        en: "The time-stamps contradict each other: {first} should precede {second}." }
    TimestampDelay = "TIMESTAMP_DELAY" {
        it: "Tra la firma ({time}) e la marca temporale ({proof}) è passato troppo tempo.",
        en: "Too much time passed between the signature ({time}) and its time-stamp ({proof})." }
    ContentTimestampAfterRevocation = "CONTENT_TIMESTAMP_AFTER_REVOCATION" {
        it: "La firma è successiva alla marca sul contenuto del {time}: il certificato era già revocato ({revoked}).",
        en: "The signature is later than the content time-stamp of {time}: the certificate was already revoked ({revoked})." }
    ContentTimestampAfterExpiry = "CONTENT_TIMESTAMP_AFTER_EXPIRY" {
        it: "La firma è successiva alla marca sul contenuto del {time}: il certificato era già scaduto ({to}).",
        en: "The signature is later than the content time-stamp of {time}: the certificate had already expired ({to})." }
    ArchiveProofUsed = "ARCHIVE_PROOF_USED" {
        it: "Ciò che oggi non si può più controllare esisteva ed era valido il {time}: lo prova una marca successiva.",
        en: "What can no longer be checked today existed and was valid on {time}: a later time-stamp proves it." }
    ArchiveProofMissing = "ARCHIVE_PROOF_MISSING" {
        it: "Le marche di archivio non bastano a provare lo stato di allora: {detail}.",
        en: "The archive time-stamps do not suffice to prove how things stood: {detail}." }
    TimeReferenceUsed = "TIME_REFERENCE_USED" {
        it: "Data della firma provata da un riferimento fornito ({kind}): {time}.",
        en: "The date of the signature rests on a given reference ({kind}): {time}." }
    TimeReferenceFromFuture = "TIME_REFERENCE_FROM_FUTURE" {
        it: "Il riferimento temporale fornito ({time}) è successivo al controllo: non usato.",
        en: "The given time reference ({time}) is later than this check: not used." }
    TimeReferenceMismatch = "TIME_REFERENCE_MISMATCH" {
        it: "Il riferimento temporale fornito ({kind}) riguarda un altro file: non usato.",
        en: "The given time reference ({kind}) is about another file: not used." }
}

/// The texts of a legal note, by its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum LegalText {
    /// CAD art. 24 c. 4-bis, revoked at the reference time.
    Revoked,
    /// The same, where the first list that names it and the revocation date differ.
    RevokedTwoDates,
    /// CAD art. 24 c. 4-bis, expired at the reference time.
    Expired,
    /// CAD art. 24 c. 4-bis, on hold.
    OnHold,
    /// DPCM 22-2-2013 art. 53.
    TwentyYears,
}

impl LegalText {
    /// Every legal text.
    pub const ALL: &'static [Self] =
        &[Self::Revoked, Self::RevokedTwoDates, Self::Expired, Self::OnHold, Self::TwentyYears];

    /// The code of the note in reports.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Revoked | Self::RevokedTwoDates | Self::Expired | Self::OnHold => {
                "IT-CAD-24-4BIS"
            }
            Self::TwentyYears => "IT-DPCM-53",
        }
    }

    /// The text in that language, with its `{names}` unfilled.
    pub const fn text(self, lang: Lang) -> &'static str {
        match self {
            Self::Revoked => lang.pick(
                "Certificato revocato dal {revoked}, riferimento temporale {time}: equivale a mancata sottoscrizione (CAD art. 24 c. 4-bis).",
                "Certificate revoked since {revoked}, time reference {time}: in Italian law the same as no signature (CAD art. 24 c. 4-bis).",
            ),
            Self::RevokedTwoDates => lang.pick(
                "Certificato revocato dal {revoked}; la prima prova a disposizione che lo dice è del {published}; riferimento temporale {time}: equivale a mancata sottoscrizione (CAD art. 24 c. 4-bis). Vale la data più severa.",
                "Certificate revoked since {revoked}; the first proof at hand that says so is of {published}; time reference {time}: in Italian law the same as no signature (CAD art. 24 c. 4-bis). The stricter date serves.",
            ),
            Self::Expired => lang.pick(
                "Certificato scaduto il {to}, riferimento temporale {time}: equivale a mancata sottoscrizione, salvo prova che la firma è precedente (CAD art. 24 c. 4-bis).",
                "Certificate expired on {to}, time reference {time}: in Italian law the same as no signature, unless proven older (CAD art. 24 c. 4-bis).",
            ),
            Self::OnHold => lang.pick(
                "Certificato sospeso dal {revoked}: l'esito dipende dalla riattivazione (CAD art. 24 c. 4-bis).",
                "Certificate on hold since {revoked}: the outcome depends on its reactivation (CAD art. 24 c. 4-bis).",
            ),
            Self::TwentyYears => lang.pick(
                "Marca di {provider}: l'autorità la conserva almeno fino al {until} (DPCM 22-2-2013 art. 53). Non sostituisce il rinnovo della prova.",
                "Time-stamp of {provider}: the authority keeps it at least until {until} (DPCM 22-2-2013 art. 53). This does not replace renewing the proof.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn names(template: &str) -> BTreeSet<&str> {
        template
            .split('{')
            .skip(1)
            .filter_map(|part| part.split_once('}').map(|(name, _)| name))
            .collect()
    }

    #[test]
    fn every_code_speaks_both_languages_with_the_same_values() {
        for code in Code::ALL {
            let (it, en) = (code.text(Lang::It), code.text(Lang::En));
            assert!(!it.is_empty() && !en.is_empty() && it != en, "{}", code.as_str());
            assert_eq!(names(it), names(en), "{}", code.as_str());
        }
        for text in LegalText::ALL {
            assert_eq!(names(text.text(Lang::It)), names(text.text(Lang::En)), "{text:?}");
        }
    }

    #[test]
    fn codes_are_distinct_and_stable_in_json() {
        let all: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(all.len(), Code::ALL.len());
        for code in Code::ALL {
            assert_eq!(
                serde_json::to_string(code).expect("json"),
                format!("\"{}\"", code.as_str())
            );
        }
    }

    #[test]
    fn values_are_cleaned_and_unknown_names_do_not_vanish() {
        let values = Values::from([("a".to_owned(), Value::Text("x\u{202e}y".to_owned()))]);
        assert_eq!(fill("<{a}> <{b}> {", &values, utc), "<xy> <?> {");
    }
}
