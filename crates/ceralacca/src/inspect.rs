//! The verb that shows what is inside, and never judges.

use std::io::Read as _;
use std::path::Path;

use cades::{Container, Envelope, Layer, Levels, StampedLayer, Wanted};
use cms::{Limits, SignerInfo, armor};
use files::{FollowLinks, SourceFile};
use serde::Serialize;
use timestamp::tsd::TemporalEvidence;
use validation::facts::TimestampKind;
use x509::Certificate;

use crate::container::ContainerView;
use crate::progress::{Counted, Progress};
use crate::{Error, FileKind, Result};

/// What a file holds. Nothing in it says that any of it is true.
#[derive(Clone, Debug, Serialize)]
pub struct Inspection {
    /// What kind of file it is, in the words of the machine contract.
    pub format: &'static str,
    /// Size of the file in octets.
    pub size: u64,
    /// The envelopes, outside in.
    pub layers: Vec<LayerView>,
    /// A time-stamp, if the file is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<TimestampView>,
    /// What an ASiC container holds, if the file is one; `layers` are its signature files then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<ContainerView>,
    /// Why it could not be read to its end, if it could not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broken: Option<String>,
}

/// One envelope, signed or time-stamped.
#[derive(Clone, Debug, Serialize)]
pub struct LayerView {
    /// `cades`, `tsd` or `m7m`.
    pub kind: &'static str,
    /// The member of a container it stands in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// Text wrapping around it, outside in.
    pub wrapping: Vec<&'static str>,
    /// Version of the SignedData or TimeStampedData; 0 for a message, which has none.
    pub version: u64,
    /// Whether lengths are indefinite somewhere before the content.
    pub ber: bool,
    /// `eContentType` of the SignedData; empty where there is none.
    pub content_type: String,
    /// Whether the content is inside, and its size.
    pub content: Option<u64>,
    /// Algorithms announced.
    pub digest_algorithms: Vec<String>,
    /// Octets behind the end.
    pub trailing: u64,
    /// The SignerInfos in their order.
    pub signers: Vec<SignerView>,
    /// The certificates embedded.
    pub certificates: Vec<CertificateView>,
    /// How many revocation lists and OCSP responses are embedded.
    pub revocation_infos: usize,
    /// The time-stamps on the content, oldest first, of a time-stamped envelope.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub timestamps: Vec<TimestampView>,
    /// What a time-stamped envelope says of its content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stamped: Option<StampedView>,
}

/// What a TimeStampedData (RFC 5544) or an M7M message says of its content.
#[derive(Clone, Debug, Serialize)]
pub struct StampedView {
    /// `time-stamps`, `evidence-record`, or the object identifier of another kind of evidence.
    pub evidence: String,
    /// Where the content is said to be; never fetched.
    pub data_uri: Option<String>,
    /// The name of the content.
    pub file_name: Option<String>,
    /// Its media type.
    pub media_type: Option<String>,
    /// Whether the first time-stamp is said to cover the metadata; `None` without metadata.
    pub hash_protected: Option<bool>,
    /// Object identifiers of further metadata.
    pub other_metadata: Vec<String>,
}

/// One SignerInfo: a signature, or a countersignature on one.
#[derive(Clone, Debug, Serialize)]
pub struct SignerView {
    /// Its number, the same that `verify` shows and the other verbs take.
    pub id: String,
    /// Subject of its certificate, if that is embedded.
    pub subject: Option<String>,
    /// The level its attributes add up to.
    pub level: String,
    /// Digest algorithm.
    pub digest_algorithm: String,
    /// Signature algorithm, by object identifier.
    pub signature_algorithm: String,
    /// Object identifiers of the signed attributes.
    pub signed_attributes: Vec<String>,
    /// Object identifiers of the unsigned attributes.
    pub unsigned_attributes: Vec<String>,
    /// The claimed signing time.
    pub signing_time: Option<chrono::DateTime<chrono::Utc>>,
    /// The time-stamps in it and on it, those in its signed attributes first; in the order and with
    /// the ids `verify` gives them.
    pub timestamps: Vec<TimestampView>,
    /// The countersignatures on it, in their order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub countersignatures: Vec<SignerView>,
}

/// One time-stamp token.
#[derive(Clone, Debug, Serialize)]
pub struct TimestampView {
    /// Its number, the same that `verify` shows.
    pub id: String,
    /// What it stands for, in the words of the machine contract: `content-time-stamp`,
    /// `signature-time-stamp`, `archive-time-stamp-v3` …
    pub kind: &'static str,
    /// `genTime`.
    pub time: chrono::DateTime<chrono::Utc>,
    /// Policy of the authority.
    pub policy: String,
    /// Serial number, hex.
    pub serial_number: String,
    /// Algorithm of the imprint.
    pub imprint_algorithm: String,
    /// The imprint, hex.
    pub imprint: String,
    /// Subject of the authority's certificate, if it is embedded.
    pub authority: Option<String>,
}

/// One certificate.
#[derive(Clone, Debug, Serialize)]
pub struct CertificateView {
    /// Subject.
    pub subject: String,
    /// Issuer.
    pub issuer: String,
    /// Serial number, hex.
    pub serial_number: String,
    /// Start of validity.
    pub not_before: chrono::DateTime<chrono::Utc>,
    /// End of validity.
    pub not_after: chrono::DateTime<chrono::Utc>,
    /// Kind and size of the key.
    pub key: String,
    /// Key usage bits set.
    pub key_usage: Vec<&'static str>,
    /// Purposes of extended key usage, by object identifier.
    pub extended_key_usage: Vec<String>,
    /// Whether it is a certification authority's.
    pub ca: bool,
    /// Whether it claims to be qualified (QcCompliance); only a trusted list confirms it.
    pub claims_qualified: bool,
    /// Limits of use written in it.
    pub limits: Vec<String>,
    /// OCSP responders it names.
    pub ocsp: Vec<String>,
    /// CRL distribution points it names.
    pub crl: Vec<String>,
    /// SHA-256 of the certificate, hex.
    pub fingerprint: String,
}

impl CertificateView {
    /// The parts of a certificate that people look at.
    #[must_use]
    pub fn of(certificate: &Certificate) -> Self {
        let extensions = certificate.extensions();
        let key = match certificate.public_key() {
            Ok(key) => format!("{} {}", key.key_kind(), key.bits()),
            Err(error) => error.to_string(),
        };
        Self {
            subject: certificate.subject().to_string(),
            issuer: certificate.issuer().to_string(),
            serial_number: certificate.serial_hex(),
            not_before: certificate.not_before(),
            not_after: certificate.not_after(),
            key,
            key_usage: certificate.key_usage().map(|usage| usage.names()).unwrap_or_default(),
            extended_key_usage: certificate
                .extended_key_purposes()
                .iter()
                .map(ToString::to_string)
                .collect(),
            ca: certificate.is_ca(),
            claims_qualified: extensions.qc_statements.as_ref().is_some_and(|qc| qc.compliance),
            limits: extensions.policies.iter().flat_map(|p| p.notices.clone()).collect(),
            ocsp: extensions.ocsp_urls.clone(),
            crl: extensions.crl_urls().map(str::to_owned).collect(),
            fingerprint: certificate.fingerprint().to_string(),
        }
    }
}

/// Looks into a file.
///
/// # Errors
/// The file cannot be read, or is of a kind nothing is known of.
pub fn inspect_file(path: &Path, progress: Option<&Progress<'_>>) -> Result<Inspection> {
    let mut source = SourceFile::open(path, FollowLinks::Follow)?;
    let io = |error| files::Error::from_io("reading", path, error);
    let size = source.len();
    let found = FileKind::of(&mut source).map_err(io)?;
    let failed = Error::cades(path);
    let empty = Inspection {
        format: found.format(),
        size,
        layers: vec![],
        timestamp: None,
        container: None,
        broken: None,
    };
    match found {
        FileKind::SignedData | FileKind::TimestampedData | FileKind::M7m => {
            let file = cades::read(
                Counted::new(&mut source, progress),
                &Limits::default(),
                &Wanted::default(),
                &mut std::io::sink(),
            )
            .map_err(&failed)?;
            Ok(Inspection {
                layers: views(&file.envelopes),
                broken: file.broken.map(|broken| crate::describe(&broken.error)),
                ..empty
            })
        }
        FileKind::Timestamp => {
            let opened = armor::open(&mut source, Limits::default().layers);
            let mut opened = opened.map_err(|error| failed(error.into()))?;
            let mut octets = Vec::new();
            (&mut opened.source).take(64 << 20).read_to_end(&mut octets).map_err(io)?;
            let (token, _) = timestamp::read_tsr(&octets)
                .map_err(|source| Error::Timestamp { path: path.to_owned(), source })?;
            Ok(Inspection {
                timestamp: Some(timestamp_view("t1", TimestampKind::Standalone, &token)),
                ..empty
            })
        }
        FileKind::Asic => crate::container::inspect(path, source, progress, empty),
        FileKind::Other => Err(Error::Unsupported { path: path.to_owned(), found }),
        _ => Ok(empty),
    }
}

/// Every envelope. Signatures are numbered by signed envelope (`1`, then `2/1`), time-stamps that
/// belong to no signature through the whole file.
fn views(envelopes: &[Envelope]) -> Vec<LayerView> {
    let (mut signed, mut stamps) = (0, 0);
    let views = envelopes.iter().map(|envelope| match envelope {
        Envelope::Signed(layer) => {
            signed += 1;
            let prefix = if signed > 1 { format!("{signed}/") } else { String::new() };
            layer_view(layer, |number| format!("{prefix}{number}"))
        }
        Envelope::Stamped(layer) => {
            let view = stamped_view(layer, stamps);
            stamps += layer.time_stamps().len();
            view
        }
    });
    views.collect()
}

/// `before` is how many time-stamps the envelopes outside this one have.
fn stamped_view(layer: &StampedLayer, before: usize) -> LayerView {
    let stamps: Vec<_> = layer
        .time_stamps()
        .iter()
        .enumerate()
        .filter_map(|(index, raw)| Some((before + index + 1, timestamp::read_tsr(raw).ok()?.0)))
        .collect();
    let stamped = match &layer.container {
        Container::Tsd(data) => {
            let metadata = data.metadata.as_ref();
            StampedView {
                evidence: match &data.evidence {
                    TemporalEvidence::TimeStamps(_) => "time-stamps".to_owned(),
                    TemporalEvidence::EvidenceRecord(_) => "evidence-record".to_owned(),
                    TemporalEvidence::Other(kind) => kind.to_string(),
                },
                data_uri: data.data_uri.clone(),
                file_name: metadata.and_then(|metadata| metadata.file_name.clone()),
                media_type: metadata.and_then(|metadata| metadata.media_type.clone()),
                hash_protected: metadata.map(|metadata| metadata.hash_protected),
                other_metadata: metadata
                    .map(|metadata| metadata.other.iter().map(ToString::to_string).collect())
                    .unwrap_or_default(),
            }
        }
        Container::M7m(message) => StampedView {
            evidence: "time-stamps".to_owned(),
            data_uri: None,
            file_name: message.file_name.clone(),
            media_type: None,
            hash_protected: None,
            other_metadata: Vec::new(),
        },
    };
    let certificates: Vec<_> =
        stamps.iter().flat_map(|(_, t)| t.data.x509_certificates()).collect();
    LayerView {
        kind: match layer.container {
            Container::Tsd(_) => "tsd",
            Container::M7m(_) => "m7m",
        },
        member: None,
        wrapping: wrapping_view(&layer.wrapping),
        version: match &layer.container {
            Container::Tsd(data) => data.version,
            Container::M7m(_) => 0,
        },
        ber: layer.is_ber,
        content_type: String::new(),
        content: layer.content.as_ref().and_then(|content| content.length),
        digest_algorithms: Vec::new(),
        trailing: layer.trailing,
        signers: Vec::new(),
        certificates: certificates.iter().map(CertificateView::of).collect(),
        revocation_infos: layer.crls().count(),
        timestamps: stamps
            .iter()
            .map(|(number, token)| {
                timestamp_view(&format!("t{number}"), TimestampKind::Standalone, token)
            })
            .collect(),
        stamped: Some(stamped),
    }
}

fn wrapping_view(wrapping: &[cades::Wrapping]) -> Vec<&'static str> {
    wrapping.iter().map(|armor| crate::Removed::Wrapping(*armor).kind()).collect()
}

/// A signed envelope; `id` numbers its signatures from 1.
pub(crate) fn layer_view(layer: &Layer, id: impl Fn(usize) -> String) -> LayerView {
    let certificates = &layer.certificates;
    let mut signatures = Signatures {
        certificates,
        levels: Levels::new(&layer.data, certificates),
        left: MOST_SIGNATURES,
    };
    let signers = layer.data.signer_infos.iter().enumerate();
    let signers: Vec<_> =
        signers.map(|(index, signer)| signatures.view(&id(index + 1), signer, 0)).collect();
    LayerView {
        kind: "cades",
        member: None,
        wrapping: wrapping_view(&layer.wrapping),
        version: layer.data.version,
        ber: layer.spans.is_ber,
        content_type: layer.data.content_type.to_string(),
        content: layer.content.as_ref().and_then(|content| content.length),
        digest_algorithms: layer
            .data
            .announced_digests()
            .iter()
            .map(|algorithm| algorithm.name().to_owned())
            .collect(),
        trailing: layer.spans.trailing,
        signers,
        certificates: certificates.iter().map(CertificateView::of).collect(),
        revocation_infos: layer.data.crls.len(),
        timestamps: Vec::new(),
        stamped: None,
    }
}

/// Countersignatures on countersignatures that are shown: as many as are judged.
const COUNTERSIGNATURES_DEEP: usize = 4;

/// Signatures of one envelope that are shown, countersignatures included: as many as are judged.
const MOST_SIGNATURES: usize = 1024;

/// What the signatures of one envelope have in common.
struct Signatures<'a> {
    certificates: &'a [Certificate],
    levels: Levels<'a>,
    /// How many countersignatures may still be shown.
    left: usize,
}

impl Signatures<'_> {
    /// `depth` is how many signatures this one is on.
    fn view(&mut self, id: &str, signer: &SignerInfo, depth: usize) -> SignerView {
        let oids = |set: &Option<cms::Attributes>| {
            set.iter().flat_map(|set| &set.entries).map(|entry| entry.oid.to_string()).collect()
        };
        let level = match depth {
            0 => self.levels.of(signer),
            _ => self.levels.of_countersignature(signer),
        };
        SignerView {
            id: id.to_owned(),
            subject: self
                .certificates
                .iter()
                .find(|certificate| signer.sid.names(certificate))
                .map(|certificate| certificate.subject().to_string()),
            level: level.to_string(),
            digest_algorithm: signer.digest_algorithm.oid.to_string(),
            signature_algorithm: signer.signature_algorithm.oid.to_string(),
            signed_attributes: oids(&signer.signed_attributes),
            unsigned_attributes: oids(&signer.unsigned_attributes),
            signing_time: signer
                .signed_value(&cms::oids::SIGNING_TIME)
                .and_then(|value| asn1::Value::parse(value).ok()?.time().ok()),
            timestamps: stamp_views(id, signer),
            countersignatures: self.on(id, signer, depth + 1),
        }
    }

    fn on(&mut self, id: &str, signer: &SignerInfo, depth: usize) -> Vec<SignerView> {
        let mut views = Vec::new();
        if depth > COUNTERSIGNATURES_DEEP {
            return views;
        }
        let values = signer.unsigned_values(&cms::oids::COUNTERSIGNATURE);
        for (index, raw) in values.enumerate() {
            let counter = asn1::Value::parse(raw).ok();
            let counter = counter.and_then(|v| SignerInfo::parse(&v, &Limits::default()).ok());
            // One that cannot be read keeps its number, and is for `verify` to tell.
            let Some(counter) = counter else { continue };
            let Some(left) = self.left.checked_sub(1) else { break };
            self.left = left;
            views.push(self.view(&format!("{id}.{}", index + 1), &counter, depth));
        }
        views
    }
}

/// The time-stamps of a signature, kind by kind, as the judgement numbers them.
fn stamp_views(id: &str, signer: &SignerInfo) -> Vec<TimestampView> {
    let unsigned = [
        (cades::oids::SIGNATURE_TIME_STAMP, TimestampKind::Signature),
        (cades::oids::CADES_C_TIME_STAMP, TimestampKind::CadesC),
        (cades::oids::REFS_TIME_STAMP, TimestampKind::References),
        (cades::oids::ARCHIVE_TIME_STAMP_V1, TimestampKind::ArchiveV1),
        (cades::oids::ARCHIVE_TIME_STAMP_V2, TimestampKind::ArchiveV2),
        (cades::oids::ARCHIVE_TIME_STAMP_V3, TimestampKind::ArchiveV3),
    ];
    let content = signer
        .signed_attributes
        .iter()
        .flat_map(|set| set.values(&cades::oids::CONTENT_TIME_STAMP))
        .map(|raw| (TimestampKind::Content, raw));
    let unsigned = unsigned
        .iter()
        .flat_map(|(oid, kind)| signer.unsigned_values(oid).map(move |raw| (*kind, raw)));
    content
        .chain(unsigned)
        .enumerate()
        .filter_map(|(index, (kind, raw))| {
            let (token, _) = timestamp::read_tsr(raw).ok()?;
            Some(timestamp_view(&format!("{id}/t{}", index + 1), kind, &token))
        })
        .collect()
}

pub(crate) fn timestamp_view(
    id: &str,
    kind: TimestampKind,
    token: &timestamp::Token,
) -> TimestampView {
    let hex = |octets: &[u8]| octets.iter().map(|octet| format!("{octet:02x}")).collect();
    let imprint = &token.info.imprint;
    TimestampView {
        id: id.to_owned(),
        kind: kind.as_str(),
        time: token.info.gen_time,
        policy: token.info.policy.to_string(),
        serial_number: hex(&token.info.serial),
        imprint_algorithm: imprint
            .digest_algorithm()
            .map_or_else(|| imprint.algorithm.oid.to_string(), |a| a.name().to_owned()),
        imprint: hex(&imprint.digest),
        authority: token.check(&[]).certificate.map(|c| c.subject().to_string()),
    }
}
