//! Text out of certificates, made safe to show.
//!
//! A name is chosen by whoever asked for the certificate; shown as it is, it
//! could move the cursor or turn the reading direction of the line around it.

/// The text without control, bidirectional and invisible characters; line
/// breaks and tabs become one space.
#[must_use]
pub fn clean_text(text: &str) -> String {
    text.chars()
        .filter_map(|c| match c {
            '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}' => Some(' '),
            c if is_hidden(c) => None,
            c => Some(c),
        })
        .collect()
}

/// Characters that change how others are shown, or are not shown themselves.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn class_43_controls_and_bidi_do_not_reach_the_screen() {
        assert_eq!(clean_text("ROSSI\u{202e}OIRAM\u{1b}[2J\r\nB"), "ROSSIOIRAM[2J  B");
        assert_eq!(clean_text("Città di Castello – n° 1"), "Città di Castello – n° 1");
    }
}
