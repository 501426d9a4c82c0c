//! `asn1::Value` on arbitrary octets: spans that add up, the same value read
//! from its own span, no accessor that panics.

#![no_main]

use asn1::{Cursor, Value};
use libfuzzer_sys::fuzz_target;

/// Values visited in one input: lists of lists would otherwise cost more than
/// they teach.
const VISITS: usize = 20_000;

fn visit(value: Value<'_>, depth: usize, visits: &mut usize) {
    if *visits == 0 {
        return;
    }
    *visits -= 1;
    let again = Value::parse(value.raw()).expect("a value can be read from its own span");
    assert_eq!((again.tag(), again.raw()), (value.tag(), value.raw()));
    assert_eq!(again.contents(), value.contents());
    assert!(value.raw().len() >= value.contents().len() + 2);

    let _ = (value.oid().map(|oid| oid.to_string()), value.integer(), value.u64());
    let _ = (value.boolean(), value.bit_string(), value.time(), value.text(), value.inner());
    if let (Ok(octets), Ok(joined)) = (value.octets(), value.joined()) {
        assert_eq!(octets, joined);
    }
    // Every contents is tried as a list: implicit tags hide constructed values.
    if depth < 64 {
        list(value.children(), depth + 1, visits);
    }
}

fn list(mut cursor: Cursor<'_>, depth: usize, visits: &mut usize) {
    let whole = cursor.rest();
    let mut seen = 0;
    loop {
        let tag = cursor.peek();
        match cursor.next_value() {
            Ok(Some(value)) => {
                assert_eq!(tag, Some(value.tag()));
                assert_eq!(value.raw(), &whole[seen..seen + value.raw().len()]);
                seen += value.raw().len();
                assert_eq!(cursor.rest(), &whole[seen..]);
                visit(value, depth, visits);
            }
            Ok(None) => {
                assert_eq!(seen, whole.len());
                assert!(cursor.finish().is_ok());
                return;
            }
            Err(_) => return,
        }
    }
}

fuzz_target!(|data: &[u8]| {
    list(Cursor::new(data), 0, &mut VISITS.clone());
    let (exact, prefix) = (Value::parse(data), Value::parse_prefix(data));
    if let Ok(exact) = exact {
        assert_eq!(exact.raw(), data);
        assert_eq!(prefix.expect("what is exact is a prefix too").raw(), data);
    }
});
