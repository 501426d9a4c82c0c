//! Text from files and certificates, made safe to show.
//!
//! A name in a certificate is written by whoever made it: control characters could drive a terminal,
//! bidirectional ones could make a name read as another. May not change what is compared or hashed.

/// Longest text shown from one field; RFC 5280 upper bounds (64 to 32768) are not kept by everybody.
pub const MAX_SHOWN: usize = 512;

/// `text` without control and bidirectional-format characters, runs of white space made one blank,
/// cut at [`MAX_SHOWN`] characters.
pub fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(MAX_SHOWN));
    let mut shown = 0_usize;
    let mut blank = false;
    for c in text.chars() {
        if c.is_whitespace() {
            blank = !out.is_empty();
            continue;
        }
        if is_hidden(c) {
            continue;
        }
        if shown >= MAX_SHOWN {
            out.push('…');
            break;
        }
        if blank {
            out.push(' ');
            shown += 1;
            blank = false;
        }
        out.push(c);
        shown += 1;
    }
    out
}

/// Characters that move, hide or reorder what is shown (Unicode Cc, Cf of the bidi and invisible kind, line separators).
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_and_bidi_characters_go() {
        assert_eq!(clean("ROSSI\u{1b}[31m MARIO\u{202e}OIRAM\u{0}"), "ROSSI[31m MARIOOIRAM");
        assert_eq!(clean("  a\r\n\tb  "), "a b");
    }

    #[test]
    fn long_text_is_cut() {
        let long = clean(&"x".repeat(100_000));
        assert_eq!(long.chars().count(), MAX_SHOWN + 1);
        assert!(long.ends_with('…'));
    }
}
