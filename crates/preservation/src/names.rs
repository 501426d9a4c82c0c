//! Names inside packages. What may stand in any archive is for `archive::names` to say; here are the
//! habits of packages.

use archive::names::check_component;

/// Files that desktop systems drop into folders by themselves.
pub(crate) fn is_system_litter(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    matches!(
        name.to_ascii_lowercase().as_str(),
        "thumbs.db" | "ehthumbs.db" | "desktop.ini" | ".ds_store"
    ) || path.starts_with("__MACOSX/")
        || files::is_temporary_name(std::ffi::OsStr::new(name))
}

/// A name made safe for a file or folder out of an identifier: letters, digits, `.`, `-`, `_`.
pub(crate) fn safe_stem(identifier: &str) -> String {
    let mut out = String::new();
    for c in identifier.chars() {
        let keep = c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let c = if keep { c } else { '-' };
        if !(c == '-' && out.ends_with('-')) {
            out.push(c);
        }
        if out.len() >= 120 {
            break;
        }
    }
    let out = out.trim_matches(['-', '.']).to_owned();
    if out.is_empty() || check_component(&out).is_err() {
        return "pacchetto".into();
    }
    // The layouts' own folders could not be told from a folder at the top.
    if ["pdv", "documenti", "metadati"].iter().any(|own| out.eq_ignore_ascii_case(own)) {
        return format!("pacchetto-{out}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stems() {
        assert_eq!(safe_stem("REG 12/2026"), "REG-12-2026");
        assert_eq!(safe_stem("../.."), "pacchetto");
        assert_eq!(safe_stem("nul"), "pacchetto");
        assert_eq!(safe_stem("PdV"), "pacchetto-PdV");
    }
}
