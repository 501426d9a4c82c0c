//! Key files: PKCS#12 and PEM, opened with a password that may be wrong. What
//! they ask of the key derivation is bounded before it is spent.

#![no_main]

use crypto::{Secret, SoftKey};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let password = Secret::from("prova");
    let _ = crypto::pkcs12::open(data, &password);
    let _ = SoftKey::from_pem(data, Some(&password));
    let _ = SoftKey::from_pem(data, None);
});
