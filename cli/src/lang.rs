//! The two languages of the messages.
//!
//! A sentence is written in both languages at one place ([`Text`], made with `both!`), so neither
//! can be forgotten. Codes, verdict names and JSON keys are never translated.

use std::borrow::Cow;
use std::ffi::OsString;

pub(crate) use crate::args::Lang;

/// One sentence in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text {
    it: Cow<'static, str>,
    en: Cow<'static, str>,
}

impl Text {
    /// A sentence without variable parts.
    pub(crate) const fn fixed(it: &'static str, en: &'static str) -> Self {
        Self { it: Cow::Borrowed(it), en: Cow::Borrowed(en) }
    }

    /// A sentence with variable parts; `both!` is the short way.
    pub(crate) fn new(it: String, en: String) -> Self {
        Self { it: Cow::Owned(it), en: Cow::Owned(en) }
    }

    /// What reads the same in both languages: a path, a name, a code.
    pub(crate) fn same(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { it: Cow::Owned(text.clone()), en: Cow::Owned(text) }
    }

    /// The sentence in one language.
    pub(crate) fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::It => &self.it,
            Lang::En => &self.en,
        }
    }
}

/// A [`Text`] from two format strings, the Italian one first.
macro_rules! both {
    ($it:literal, $en:literal $(, $($rest:tt)*)?) => {
        $crate::lang::Text::new(format!($it $(, $($rest)*)?), format!($en $(, $($rest)*)?))
    };
}
pub(crate) use both;

/// The language asked for on the command line, found before parsing so that help and usage errors
/// speak it too. What is not `it` or `en` is left for the parser to refuse.
pub(crate) fn from_arguments(args: &[OsString]) -> Option<Lang> {
    let mut found = None;
    let mut args = args.iter().skip(1).map(|a| a.to_string_lossy());
    while let Some(arg) = args.next() {
        if arg == "--" {
            break;
        }
        let value = match arg.strip_prefix("--lang") {
            Some("") => args.next(),
            Some(rest) => rest.strip_prefix('=').map(|v| v.to_owned().into()),
            None => continue,
        };
        found = value.as_deref().and_then(parse).or(found);
    }
    found
}

/// `it` or `en`.
pub(crate) fn parse(text: &str) -> Option<Lang> {
    match text {
        "it" => Some(Lang::It),
        "en" => Some(Lang::En),
        _ => None,
    }
}

/// The language of the person's system: Italian if its locale says so, else English.
pub(crate) fn from_locale(get: impl Fn(&str) -> Option<String>) -> Lang {
    let set = |name: &str| get(name).filter(|v| !v.is_empty());
    // POSIX order. `LANGUAGE` counts only beside a real locale, as in GNU gettext.
    let locale = set("LC_ALL").or_else(|| set("LC_MESSAGES")).or_else(|| set("LANG"));
    let locale = match locale.as_deref() {
        Some(l) if l == "POSIX" || l == "C" || l.starts_with("C.") => return Lang::En,
        Some(_) => set("LANGUAGE").or(locale),
        // Windows and macOS say it elsewhere.
        None => sys_locale::get_locale(),
    };
    let first = locale.as_deref().and_then(|l| l.split(':').next()).unwrap_or_default();
    let language = first.split(['_', '-', '.', '@']).next().unwrap_or_default();
    if language.eq_ignore_ascii_case("it") { Lang::It } else { Lang::En }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locale_decides() {
        let of = |vars: &[(&str, &str)]| {
            from_locale(|name| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
        };
        assert_eq!(of(&[("LANG", "it_IT.UTF-8")]), Lang::It);
        assert_eq!(of(&[("LANG", "it")]), Lang::It);
        assert_eq!(of(&[("LANG", "de_DE.UTF-8")]), Lang::En);
        assert_eq!(of(&[("LANG", "it_IT.UTF-8"), ("LC_ALL", "C.UTF-8")]), Lang::En);
        assert_eq!(of(&[("LANG", "it_IT.UTF-8"), ("LC_ALL", "")]), Lang::It);
        assert_eq!(of(&[("LANG", "en_US"), ("LC_MESSAGES", "it_CH")]), Lang::It);
        assert_eq!(of(&[("LANG", "en_US"), ("LANGUAGE", "it:en")]), Lang::It);
        assert_eq!(of(&[("LANG", "C"), ("LANGUAGE", "it")]), Lang::En);
    }

    #[test]
    fn the_flag_is_found_before_parsing() {
        let of =
            |line: &str| from_arguments(&line.split(' ').map(OsString::from).collect::<Vec<_>>());
        assert_eq!(of("ceralacca --lang it sign f"), Some(Lang::It));
        assert_eq!(of("ceralacca sign f --lang=en"), Some(Lang::En));
        assert_eq!(of("ceralacca sign -- --lang it"), None);
        assert_eq!(of("ceralacca sign --lang fr"), None);
        assert_eq!(of("ceralacca sign --lang"), None);
    }

    #[test]
    fn both_captures_what_stands_around_it() {
        let n = 3;
        let text = both!("{n} file, {}", "{n} files, {}", "x");
        assert_eq!(text.get(Lang::It), "3 file, x");
        assert_eq!(text.get(Lang::En), "3 files, x");
    }
}
