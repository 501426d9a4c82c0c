//! `x509::Crl` on arbitrary octets. A list that was read answers every
//! question about a serial number.

#![no_main]

use libfuzzer_sys::fuzz_target;
use x509::Crl;

fuzz_target!(|data: &[u8]| {
    let _ = Crl::from_pem_or_der(data);
    let Ok(crl) = Crl::from_der(data) else { return };
    assert_eq!(crl.der(), data);
    let _ = (format!("{crl:?}"), crl.next_update(), crl.number_hex(), crl.authority_key());
    let _ = (format!("{:?}", crl.scope()), crl.expired_certs_on_crl(), crl.algorithms_agree());
    let _ = (crl.unprocessed_critical(), crl.malformed());
    let mut found = 0;
    // Serial numbers taken from the list itself are the likely ones.
    for (at, window) in data.windows(2).enumerate().filter(|(_, w)| w[0] == 0x02).take(64) {
        let end = at + 2 + usize::from(window[1]);
        let serial = data.get(at + 2..end).unwrap_or_default();
        let entry = crl.lookup(serial).expect("the entries were walked when the list was read");
        found += u64::from(entry.is_some());
    }
    assert!(found == 0 || crl.entry_count() > 0);
});
