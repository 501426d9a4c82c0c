//! Checking a deposit package, by itself or inside an archive package.

use std::collections::BTreeMap;

use crate::digest::{Algorithm, Hasher, hex};
use crate::limits::Limits;
use crate::metadata::check_record;
use crate::names::is_system_litter;
use crate::report::PackageFinding;
use crate::sip::{INDEX, INDEX_DIGEST, Item, SipIndex};
use crate::tree::{ReadEnd, Tree, tell};
use crate::{Error, Progress};

const RULE: &str = "PdV indice 1.0";

/// What reading a file told.
#[derive(Debug, Clone)]
pub(crate) struct Measured {
    pub(crate) size: u64,
    pub(crate) sha256: Vec<u8>,
    pub(crate) end: ReadEnd,
}

/// Digests by path in the tree.
pub(crate) type Digests = BTreeMap<String, Measured>;

/// Reads one file through SHA-256 and a second algorithm if one is asked for, handing the bytes on.
pub(crate) fn measure(
    tree: &mut dyn Tree,
    path: &str,
    second: Option<Algorithm>,
    progress: &mut Progress<'_>,
    copy: &mut dyn FnMut(&[u8]) -> Result<(), Error>,
) -> Result<(Measured, Option<Vec<u8>>), Error> {
    let mut hasher = Algorithm::Sha256.hasher();
    let mut other = second.filter(|a| *a != Algorithm::Sha256).map(Algorithm::hasher);
    let mut size: u64 = 0;
    let end = tree.read(path, &mut |bytes| {
        size += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        hasher.update(bytes);
        if let Some(other) = &mut other {
            other.update(bytes);
        }
        copy(bytes)?;
        tell(progress, bytes)
    })?;
    let measured = Measured { size, sha256: hasher.finish(), end };
    Ok((measured, other.map(Hasher::finish)))
}

/// Reads the index below `prefix` and compares it with its side file.
pub(crate) fn read_index(
    tree: &mut dyn Tree,
    prefix: &str,
    limits: &Limits,
    found: &mut Vec<PackageFinding>,
) -> Result<Option<SipIndex>, Error> {
    let path = format!("{prefix}{INDEX}");
    if !tree.files().contains_key(&path) {
        found.push(missing(&path));
        return Ok(None);
    }
    let Some(bytes) = tree.read_small(&path, limits.index_bytes)? else {
        found.push(damaged(&path));
        return Ok(None);
    };
    let side_path = format!("{prefix}{INDEX_DIGEST}");
    if !tree.files().contains_key(&side_path) {
        found.push(missing(&side_path));
    } else {
        let side = tree.read_small(&side_path, SIDE_FILE_BYTES)?;
        let expected = hex(&crate::digest::sha256(&bytes));
        if side.as_deref().and_then(side_digest).as_deref() != Some(expected.as_str()) {
            found.push(PackageFinding::fail(
                "PDV-INDEX-FIXITY",
                RULE,
                &path,
                format!("L'indice «{path}» è stato alterato: la sua impronta non è quella scritta in «{side_path}»."),
                format!("The index “{path}” was altered: its digest is not the one written in “{side_path}”."),
            ));
        }
    }
    Ok(SipIndex::read(&bytes, limits, found))
}

/// Longest side file read: 64 characters, or a line as `sha256sum` writes it.
const SIDE_FILE_BYTES: u64 = 2048;

/// The digest in a side file: bare hex (AgID), or the first word of a `sha256sum` line.
fn side_digest(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    let word = text.split_whitespace().next()?;
    let word = word.strip_prefix('\\').unwrap_or(word).to_ascii_lowercase();
    (word.len() == 64 && word.bytes().all(|b| b.is_ascii_hexdigit())).then_some(word)
}

/// Judges index and files once their digests are known.
///
/// `digests` holds the listed files that were read; one that is there but was not read (its size
/// tells already that it was altered) is judged by its size alone.
pub(crate) fn judge(
    tree: &mut dyn Tree,
    prefix: &str,
    index: &SipIndex,
    digests: &Digests,
    limits: &Limits,
    found: &mut Vec<PackageFinding>,
) -> Result<(), Error> {
    for item in index.items() {
        judge_item(prefix, item, tree, digests, found);
    }
    judge_components(tree, prefix, index, found)?;
    judge_side_files(tree, prefix, index, digests, found)?;
    let record_path = format!("{prefix}{}", index.record.path);
    if tree.files().contains_key(&record_path) {
        match tree.read_small(&record_path, limits.index_bytes)? {
            Some(bytes) => {
                let digest_of = |item: &Item| {
                    digests.get(&format!("{prefix}{}", item.path)).map(|m| m.sha256.clone())
                };
                let main = index.components.as_ref().or(index.main.first());
                let main = main.and_then(digest_of);
                let attachments: Vec<_> =
                    index.attachments.iter().map(|(_, item)| digest_of(item)).collect();
                found.extend(check_record(
                    &bytes,
                    &record_path,
                    main.as_deref(),
                    &attachments,
                    limits,
                ));
            }
            None => found.push(damaged(&record_path)),
        }
    }
    Ok(())
}

fn judge_item(
    prefix: &str,
    item: &Item,
    tree: &mut dyn Tree,
    digests: &Digests,
    found: &mut Vec<PackageFinding>,
) {
    let path = format!("{prefix}{}", item.path);
    let Some(size) = tree.files().get(&path).copied() else {
        found.push(missing(&path));
        return;
    };
    if size != item.size {
        found.push(PackageFinding::fail(
            "PDV-FIXITY",
            RULE,
            &path,
            format!(
                "Il file «{path}» è stato alterato: misura {size} byte invece di {}.",
                item.size
            ),
            format!("The file “{path}” was altered: it has {size} bytes instead of {}.", item.size),
        ));
        return;
    }
    match digests.get(&path) {
        Some(m) if m.end == ReadEnd::Damaged => found.push(damaged(&path)),
        Some(m) if m.sha256 != item.sha256 || m.size != item.size => {
            found.push(altered("PDV-FIXITY", RULE, &path));
        }
        _ => {}
    }
}

/// The list of several components must say what the index says.
fn judge_components(
    tree: &mut dyn Tree,
    prefix: &str,
    index: &SipIndex,
    found: &mut Vec<PackageFinding>,
) -> Result<(), Error> {
    let Some(list) = &index.components else {
        return Ok(());
    };
    let path = format!("{prefix}{}", list.path);
    if !tree.files().contains_key(&path) {
        // Already reported as missing.
        return Ok(());
    }
    let expected: String = index
        .main
        .iter()
        .map(|item| {
            let name = item.path.rsplit('/').next().unwrap_or(&item.path);
            format!("{}  {name}\n", hex(&item.sha256))
        })
        .collect();
    let bytes = tree.read_small(&path, u64::try_from(expected.len()).unwrap_or(0))?;
    if bytes.as_deref() != Some(expected.as_bytes()) {
        found.push(PackageFinding::fail(
            "PDV-COMPONENTS",
            RULE,
            &path,
            format!(
                "L'elenco «{path}» non corrisponde ai componenti dell'indice o al loro ordine."
            ),
            format!(
                "The list “{path}” does not agree with the components of the index or their order."
            ),
        ));
    }
    Ok(())
}

/// Each document's side file must hold that document's digest.
fn judge_side_files(
    tree: &mut dyn Tree,
    prefix: &str,
    index: &SipIndex,
    digests: &Digests,
    found: &mut Vec<PackageFinding>,
) -> Result<(), Error> {
    let documents = index.main.iter().chain(index.attachments.iter().map(|(_, i)| i));
    for item in documents {
        let path = format!("{prefix}{}", item.path);
        let side_path = format!("{path}.sha256");
        if !tree.files().contains_key(&side_path) {
            continue;
        }
        let side = tree.read_small(&side_path, SIDE_FILE_BYTES)?;
        let side = side.as_deref().and_then(side_digest);
        let expected = digests.get(&path).map(|m| hex(&m.sha256));
        if expected.is_some() && side != expected {
            found.push(PackageFinding::fail(
                "PDV-SIDE-FILE",
                "AgID Allegato 2 impronte",
                &side_path,
                format!("L'impronta scritta in «{side_path}» non è quella del file accanto."),
                format!("The digest written in “{side_path}” is not that of the file beside it."),
            ));
        }
    }
    Ok(())
}

/// Files that no index promises.
pub(crate) fn judge_unlisted(
    tree: &dyn Tree,
    is_listed: impl Fn(&str) -> bool,
    code: &'static str,
    rule: &'static str,
    found: &mut Vec<PackageFinding>,
) {
    for path in tree.files().keys().filter(|p| !is_listed(p)) {
        if is_system_litter(path) {
            found.push(PackageFinding::warn(
                "PKG-LITTER",
                rule,
                path,
                format!("«{path}» non fa parte del pacchetto: è un file lasciato dal sistema e si può togliere."),
                format!("“{path}” is no part of the package: the system left it there, and it may be removed."),
            ));
        } else {
            found.push(PackageFinding::fail(
                code,
                rule,
                path,
                format!("Il file «{path}» è stato aggiunto: l'indice non lo elenca."),
                format!("The file “{path}” was added: the index does not list it."),
            ));
        }
    }
}

pub(crate) fn altered(code: &'static str, rule: &'static str, path: &str) -> PackageFinding {
    PackageFinding::fail(
        code,
        rule,
        path,
        format!(
            "Il file «{path}» è stato alterato: la sua impronta non è quella registrata nell'indice."
        ),
        format!("The file “{path}” was altered: its digest is not the one recorded in the index."),
    )
}

pub(crate) fn missing(path: &str) -> PackageFinding {
    PackageFinding::fail(
        "PDV-MISSING",
        RULE,
        path,
        format!("Manca il file «{path}»."),
        format!("The file “{path}” is missing."),
    )
}

pub(crate) fn damaged(path: &str) -> PackageFinding {
    PackageFinding::fail(
        "PKG-DAMAGED",
        "PKG",
        path,
        format!("Il file «{path}» è danneggiato e non si legge fino in fondo."),
        format!("The file “{path}” is damaged and cannot be read to its end."),
    )
}
