//! SignedData from memory and from a stream: both readers agree, every signer
//! can be checked, and what is written again reads the same.

#![no_main]

use std::io::Read;

use cms::ess::SigningCertificateRefs;
use cms::verify::{ContentDigests, PREFIX, needed_digests, verify_signer};
use cms::{Limits, SignedData, SignedDataReader};
use libfuzzer_sys::fuzz_target;

/// Public-key operations in one input.
const CHECKS: usize = 4;

fn check(data: &SignedData, content: Option<&[u8]>) {
    let certificates = data.x509_certificates();
    let _ = (data.revocation_infos(), data.announced_digests(), data.required_version());
    let mut left = CHECKS;
    for signer in &data.signer_infos {
        let refs =
            signer.signed_attributes.as_ref().map(SigningCertificateRefs::read).unwrap_or_default();
        let content = content.map(|octets| {
            let mut digests = ContentDigests {
                length: Some(octets.len() as u64),
                prefix: octets[..octets.len().min(PREFIX)].to_vec(),
                ..ContentDigests::default()
            };
            for algorithm in needed_digests(signer) {
                digests.values.insert(algorithm, crypto::digest(algorithm, octets));
            }
            digests
        });
        for certificate in certificates.iter().filter(|c| signer.sid.names(c)) {
            let _ = refs.names(certificate);
            if left > 0 {
                left -= 1;
                let _ =
                    verify_signer(signer, certificate, Some(&data.content_type), content.as_ref());
            }
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let limits = Limits::default();
    let parsed = cms::parse(data, &limits);
    let streamed = SignedDataReader::open(data, limits).and_then(|mut reader| {
        let mut content = None;
        if let Some(mut stream) = reader.content()? {
            let mut octets = Vec::new();
            stream.read_to_end(&mut octets).map_err(cms::Error::Io)?;
            content = Some(octets);
        }
        reader.finish().map(|(data, spans)| (data, spans, content))
    });
    match (parsed, streamed) {
        (Ok((signed, content)), Ok((other, spans, other_content))) => {
            assert_eq!((&signed, &content), (&other, &other_content));
            assert_eq!((spans.end, spans.trailing), (data.len() as u64, 0));
            check(&signed, content.as_deref());
            let detached = signed.to_detached();
            let (again, none) = cms::parse(&detached, &limits).expect("what we write can be read");
            assert_eq!(none, None);
            assert_eq!(again.certificates, signed.certificates);
            assert_eq!(again.crls, signed.crls);
            let raw = |data: &SignedData| -> Vec<Vec<u8>> {
                data.signer_infos.iter().map(|signer| signer.raw.clone()).collect()
            };
            assert_eq!(raw(&again), raw(&signed));
        }
        (Err(_), Ok((signed, spans, content))) => {
            // Octets behind the ContentInfo are the one thing that only a
            // stream tolerates.
            assert!(spans.trailing > 0);
            check(&signed, content.as_deref());
        }
        (Err(_), Err(_)) => {}
        (Ok(_), Err(error)) => panic!("the stream refuses: {error}"),
    }
});
