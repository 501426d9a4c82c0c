//! `x509::OcspResponse` on arbitrary octets; wrapped and unwrapped it stays
//! the same response.

#![no_main]

use libfuzzer_sys::fuzz_target;
use x509::OcspResponse;

fuzz_target!(|data: &[u8]| {
    let Ok(response) = OcspResponse::from_der(data) else { return };
    assert_eq!(response.der(), data);
    let _ = (format!("{response:?}"), response.produced_at(), response.nonce());
    for form in [response.basic().to_vec(), response.wrapped()] {
        let again = OcspResponse::from_der(&form).expect("its own forms can be read");
        assert_eq!(again.basic(), response.basic());
        assert_eq!(again.responses(), response.responses());
    }
    for certificate in response.certificates().iter().take(4) {
        let _ = response.responder().matches(certificate);
        let _ = response.about(certificate, certificate);
        let _ = response.verify_signed_by(certificate);
        for single in response.responses() {
            let _ = single.cert_hash_matches(certificate);
        }
    }
});
