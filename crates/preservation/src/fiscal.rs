//! Codice fiscale and partita IVA: form and check character.
//!
//! The form of the personal code is that of D.M. 23-12-1976 with the letters of *omocodia* (two
//! people with the same code get digits replaced by letters); the check character is computed over
//! the first fifteen. A correct code says nothing about whether it was ever issued.

/// Whether a text is a well-formed personal codice fiscale with the right check character.
#[must_use]
pub fn is_codice_fiscale(code: &str) -> bool {
    let bytes = code.as_bytes();
    if bytes.len() != 16 {
        return false;
    }
    let form_holds = bytes.iter().enumerate().all(|(i, &b)| match i {
        0..=5 | 11 | 15 => b.is_ascii_uppercase(),
        8 => b"ABCDEHLMPRST".contains(&b),
        _ => b.is_ascii_digit() || b"LMNPQRSTUV".contains(&b),
    });
    form_holds && check_character(bytes) == bytes.last().copied()
}

/// The sixteenth character: positions are counted from one, odd ones weigh by a table.
fn check_character(code: &[u8]) -> Option<u8> {
    const ODD: [u32; 26] = [
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24,
        23,
    ];
    let mut sum = 0;
    for (i, &b) in code.iter().take(15).enumerate() {
        // A digit weighs as the letter at its place in the alphabet.
        let value = match b {
            b'0'..=b'9' => b - b'0',
            b'A'..=b'Z' => b - b'A',
            _ => return None,
        };
        sum += if i % 2 == 0 { *ODD.get(usize::from(value))? } else { u32::from(value) };
    }
    u8::try_from(sum % 26).ok().map(|v| b'A' + v)
}

/// Whether a text is a well-formed eleven-digit code of a body (partita IVA or codice fiscale of an
/// organisation) with the right check digit.
#[must_use]
pub fn is_partita_iva(code: &str) -> bool {
    let bytes = code.as_bytes();
    if bytes.len() != 11 || !bytes.iter().all(u8::is_ascii_digit) {
        return false;
    }
    // Luhn over all eleven, the last being the check digit.
    let sum: u32 = bytes
        .iter()
        .enumerate()
        .map(|(i, &b)| {
            let v = u32::from(b - b'0');
            if i % 2 == 0 {
                v
            } else if v > 4 {
                v * 2 - 9
            } else {
                v * 2
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn form_and_check_character() {
        // The well-known example of Mario Rossi, and one of its omocodia forms.
        assert!(is_codice_fiscale("RSSMRA80A01H501U"));
        assert!(!is_codice_fiscale("RSSMRA80A01H501X"), "wrong check");
        assert!(!is_codice_fiscale("RSSMRA80F01H501U"), "no such month");
        assert!(!is_codice_fiscale("rssmra80a01h501u"));
        assert!(!is_codice_fiscale("RSSMRA80A01H501"));
        assert!(!is_codice_fiscale(""));
        assert!(!is_codice_fiscale("RSSMRA80A01H50è"));
        // Omocodia: the last digit becomes a letter and the check character follows.
        let mut code = *b"RSSMRA80A01H50MU";
        let check = check_character(&code).unwrap();
        code[15] = check;
        assert!(is_codice_fiscale(std::str::from_utf8(&code).unwrap()));
        assert_ne!(check, b'U');
    }

    #[test]
    fn bodies() {
        assert!(is_partita_iva("00000000000"));
        assert!(is_partita_iva("12345678903"));
        assert!(!is_partita_iva("12345678901"));
        assert!(!is_partita_iva("1234567890"));
        assert!(!is_partita_iva("1234567890a"));
    }
}
