//! `x509::Certificate` on arbitrary octets, with everything that is derived
//! from one, and its signature checked with its own key.

#![no_main]

use libfuzzer_sys::fuzz_target;
use x509::{Certificate, Name, second_opinion};

fn name(name: &Name) {
    let _ = (name.to_string(), name.person().to_string(), name.tax_code(), name.is_empty());
    assert!(name.matches(name));
    let again = Name::from_der(name.der()).expect("a name can be read from its own span");
    assert_eq!(again, *name);
}

fuzz_target!(|data: &[u8]| {
    let _ = Certificate::from_pem_or_der(data);
    let Ok(certificate) = Certificate::from_der(data) else { return };
    assert_eq!(certificate.der(), data);
    name(certificate.subject());
    name(certificate.issuer());
    let extensions = certificate.extensions();
    let _ = (format!("{extensions:?}"), extensions.crl_urls().count());
    let _ = (certificate.key_usage().map(|usage| usage.names()), certificate.is_ca());
    let _ = (certificate.basic_constraints(), certificate.tax_code(), certificate.serial_hex());
    let _ = (certificate.not_before(), certificate.not_after(), certificate.algorithms_agree());
    let _ = certificate.public_key().map(|key| (key.key_kind(), key.bits()));
    let _ = (certificate.self_issued(), certificate.self_signed());
    let _ = certificate.verify_issued_by(&certificate);
    let _ = second_opinion(&certificate);
});
