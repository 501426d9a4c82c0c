//! Names inside archives and packages: which are dangerous, which do not travel, which collide.
//!
//! All names of a container are judged before one byte of it is used. A name that is fine on the
//! system it comes from may overwrite another where case is ignored or accents are decomposed, so
//! collisions are looked for over the folded form.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization;

/// Why a name may not stand in an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameProblem {
    /// The name is empty or has an empty component (`a//b`, a leading `/`).
    #[error("its name is empty, or begins with a slash, or has two slashes in a row")]
    Empty,
    /// A component is `.` or `..`.
    #[error("its name steps out of its folder with `.` or `..`")]
    Traversal,
    /// A backslash, which Windows reads as a folder separator.
    #[error("its name contains a backslash")]
    Backslash,
    /// A drive of Windows (`C:`).
    #[error("its name begins with a drive letter")]
    Drive,
    /// Control, zero-width or direction characters.
    #[error("its name contains invisible or control characters")]
    Invisible,
    /// A character that Windows forbids (`< > : " | ? *`); a colon also hides drives and streams.
    #[error("its name contains a character forbidden on Windows (< > : \" | ? *)")]
    Forbidden,
    /// Windows drops a blank or dot at the end of a name.
    #[error("its name ends with a blank or a dot")]
    TrailingDotOrBlank,
    /// A device name of Windows (`CON`, `NUL`, `COM1`, …).
    #[error("its name is reserved on Windows")]
    Reserved,
    /// Longer than systems accept.
    #[error("its name is too long")]
    TooLong,
    /// The name is not Unicode text.
    #[error("its name is not valid Unicode")]
    NotUnicode,
}

impl NameProblem {
    /// Whether a name like this one may lead out of a folder, deceive the eye or cost more than a
    /// name may, as opposed to names that only some systems cannot store.
    #[must_use]
    pub fn is_dangerous(self) -> bool {
        match self {
            Self::Empty
            | Self::Traversal
            | Self::Backslash
            | Self::Drive
            | Self::Invisible
            | Self::TooLong => true,
            Self::Forbidden | Self::TrailingDotOrBlank | Self::Reserved | Self::NotUnicode => false,
        }
    }

    /// The same in Italian.
    #[must_use]
    pub fn it(self) -> &'static str {
        match self {
            Self::Empty => "il nome è vuoto, comincia con una barra o ne ha due di seguito",
            Self::Traversal => "il nome esce dalla cartella con `.` o `..`",
            Self::Backslash => "il nome contiene una barra rovesciata",
            Self::Drive => "il nome comincia con la lettera di un disco",
            Self::Invisible => "il nome contiene caratteri invisibili o di controllo",
            Self::Forbidden => "il nome contiene un carattere vietato su Windows (< > : \" | ? *)",
            Self::TrailingDotOrBlank => "il nome finisce con uno spazio o un punto",
            Self::Reserved => "il nome è riservato su Windows",
            Self::TooLong => "il nome è troppo lungo",
            Self::NotUnicode => "il nome non è testo Unicode valido",
        }
    }
}

/// Longest name of one file or folder on common systems.
const COMPONENT_BYTES: usize = 255;

/// Judges a relative path with `/` between its components. Of several problems a dangerous one is
/// told first.
///
/// # Errors
/// What is wrong with the name.
pub fn check_path(path: &str, path_bytes: usize) -> Result<(), NameProblem> {
    let letter = path.bytes().next().is_some_and(|b| b.is_ascii_alphabetic());
    if letter && path.get(1..2) == Some(":") {
        return Err(NameProblem::Drive);
    }
    let mut first = None;
    for component in path.split('/') {
        match check_component(component) {
            Err(problem) if problem.is_dangerous() => return Err(problem),
            Err(problem) => first = first.or(Some(problem)),
            Ok(()) => {}
        }
    }
    match first {
        Some(problem) => Err(problem),
        None if path.len() > path_bytes => Err(NameProblem::TooLong),
        None => Ok(()),
    }
}

/// Judges the name of one file or folder.
///
/// # Errors
/// What is wrong with the name.
pub fn check_component(name: &str) -> Result<(), NameProblem> {
    if name.is_empty() {
        return Err(NameProblem::Empty);
    }
    if name == "." || name == ".." {
        return Err(NameProblem::Traversal);
    }
    if name.contains('\\') {
        return Err(NameProblem::Backslash);
    }
    if name.contains('/') {
        return Err(NameProblem::Empty);
    }
    if name.chars().any(is_hostile) {
        return Err(NameProblem::Invisible);
    }
    if name.contains(['<', '>', ':', '"', '|', '?', '*']) {
        return Err(NameProblem::Forbidden);
    }
    if name.ends_with([' ', '.']) {
        return Err(NameProblem::TrailingDotOrBlank);
    }
    if name.len() > COMPONENT_BYTES {
        return Err(NameProblem::TooLong);
    }
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let stem = stem.to_ascii_uppercase();
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix)
            .is_some_and(|n| n.len() == 1 && n.bytes().all(|b| b.is_ascii_digit() && b != b'0'))
    };
    if matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL") || numbered("COM") || numbered("LPT")
    {
        return Err(NameProblem::Reserved);
    }
    Ok(())
}

/// The form under which two names are the same somewhere: composed, lower case, composed again.
fn fold(path: &str) -> String {
    let lower: String = path.nfc().flat_map(char::to_lowercase).collect();
    lower.nfc().collect()
}

/// Control characters and those that reorder or hide text (Unicode bidi controls, zero width).
#[must_use]
pub fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}'
            | '\u{FEFF}' | '\u{2028}' | '\u{2029}' | '\u{061C}')
}

/// The names of one container, to find those that collide.
#[derive(Debug, Default)]
pub struct NameSet {
    // Folded path of each file -> the path as written.
    files: BTreeMap<String, String>,
    // Folded path of each folder -> the path as written.
    folders: BTreeMap<String, String>,
}

impl NameSet {
    /// Adds a file; gives the earlier name it collides with, if any: the same folded name, a folder
    /// of that name, or a folder written in two ways.
    ///
    /// # Errors
    /// The earlier name.
    pub fn insert(&mut self, path: &str) -> Result<(), String> {
        let folded = fold(path);
        if let Some(other) = self.files.get(&folded).or_else(|| self.folders.get(&folded)) {
            return Err(other.clone());
        }
        for (i, _) in path.match_indices('/') {
            let folder = path.get(..i).unwrap_or_default();
            let folded = fold(folder);
            if let Some(file) = self.files.get(&folded) {
                return Err(file.clone());
            }
            match self.folders.get(&folded) {
                Some(other) if other != folder => return Err(other.clone()),
                Some(_) => {}
                None => {
                    self.folders.insert(folded, folder.to_owned());
                }
            }
        }
        self.files.insert(folded, path.to_owned());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dangerous_and_unportable_names() {
        let of = |p: &str| check_path(p, 1024).unwrap_err();
        assert_eq!(of("../x"), NameProblem::Traversal);
        assert_eq!(of("a/./x"), NameProblem::Traversal);
        assert_eq!(of("/etc/x"), NameProblem::Empty);
        assert_eq!(of("a//x"), NameProblem::Empty);
        assert_eq!(of(""), NameProblem::Empty);
        assert_eq!(of("a\\..\\x"), NameProblem::Backslash);
        assert_eq!(of("C:/x"), NameProblem::Drive);
        assert_eq!(of("Seduta 10:30"), NameProblem::Forbidden);
        assert_eq!(of("x\0"), NameProblem::Invisible);
        assert_eq!(of("fdp\u{202e}.exe"), NameProblem::Invisible);
        assert_eq!(of("x."), NameProblem::TrailingDotOrBlank);
        assert_eq!(of("nul.txt"), NameProblem::Reserved);
        assert_eq!(of("a/COM1"), NameProblem::Reserved);
        assert_eq!(of(&"x".repeat(256)), NameProblem::TooLong);
        check_path("documenti/principale/Seduta città 12.3.mp4.p7m", 1024).unwrap();
        check_path("COM10/contratto", 1024).unwrap();
    }

    #[test]
    fn collisions_by_case_accents_and_folders() {
        let mut set = NameSet::default();
        set.insert("documenti/Città.mp4").unwrap();
        assert!(set.insert("documenti/città.mp4").is_err(), "case");
        // a + combining grave, as older Macs write it.
        assert!(set.insert("documenti/Citta\u{300}.mp4").is_err(), "accents");
        assert!(set.insert("Documenti/b").is_err(), "folder in two spellings");
        assert!(set.insert("documenti").is_err(), "file named as a folder");
        assert!(set.insert("documenti/Città.mp4/x").is_err(), "file as folder");
        set.insert("documenti/citta.mp4").unwrap();
    }
}
