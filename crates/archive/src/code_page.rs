//! Code page 437: the encoding of names that are not said to be UTF-8 (APPNOTE appendix D.1).

/// The characters of the octets from 0x80 on.
const HIGH: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

/// The text of octets in code page 437.
pub(crate) fn decode(octets: &[u8]) -> String {
    let high: Vec<char> = HIGH.chars().collect();
    octets
        .iter()
        .map(|octet| match octet.checked_sub(0x80) {
            None => char::from(*octet),
            Some(index) => high.get(usize::from(index)).copied().unwrap_or('\u{fffd}'),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_complete() {
        assert_eq!(HIGH.chars().count(), 128);
        assert_eq!(decode(b"citt\x85"), "città");
        assert_eq!(decode(&[0xff, b'a']), "\u{a0}a");
    }
}
