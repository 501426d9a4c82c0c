//! Reading an index of UNI 11386:2020, ours or another's.

use roxmltree::Node;

use super::{NAMESPACE, NAMESPACE_V1, RULE, SCHEMA_URI, uri_to_path};
use crate::digest::{Algorithm, from_text};
use crate::limits::Limits;
use crate::report::PackageFinding;
use crate::xml::{child, children, parse, text_of};
use archive::names::{NameSet, check_path};

/// A file the index promises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexedFile {
    /// Its path in the package, decoded.
    pub path: String,
    /// Its digest.
    pub digest: Vec<u8>,
    /// Media type.
    pub format: String,
    pub(crate) algorithm: Algorithm,
}

/// What an index promises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PIndex {
    /// Identifier of the volume.
    pub identifier: String,
    /// Its label.
    pub label: Option<String>,
    /// The files of all groups, in order.
    pub files: Vec<IndexedFile>,
    /// The moment in `TimeReference`, as written.
    pub time: String,
    /// Whether the index says that its signature carries a time-stamp.
    pub attached_timestamp: bool,
}

/// Reads an index of arbitrary bytes; `None` with at least one failing finding when it cannot serve.
#[must_use]
pub fn read(bytes: &[u8], path: &str, limits: &Limits) -> (Option<PIndex>, Vec<PackageFinding>) {
    let mut reader = Reader { path, limits, found: Vec::new() };
    let index = reader.read(bytes);
    (index, reader.found)
}

struct Reader<'a> {
    path: &'a str,
    limits: &'a Limits,
    found: Vec<PackageFinding>,
}

impl Reader<'_> {
    fn fail(&mut self, code: &'static str, it: &str, en: &str) {
        let path = self.path;
        self.found.push(PackageFinding::fail(
            code,
            RULE,
            path,
            format!("Nell'indice «{path}» {it}."),
            format!("In the index “{path}” {en}."),
        ));
    }

    fn absent(&mut self, what: &str) {
        self.fail(
            "PDA-INDEX-MISSING",
            &format!("manca {what}, o è vuoto o sbagliato"),
            &format!("{what} is missing, empty or wrong"),
        );
    }

    fn read(&mut self, bytes: &[u8]) -> Option<PIndex> {
        let document = match parse(bytes, self.limits) {
            Ok(document) => document,
            Err(problem) => {
                let (it, en) = problem.words();
                let path = self.path;
                self.found.push(PackageFinding::fail(
                    "PDA-INDEX-XML",
                    RULE,
                    path,
                    format!("L'indice «{path}» non si legge: il file {it}."),
                    format!("The index “{path}” cannot be read: {en}."),
                ));
                return None;
            }
        };
        let root = document.root_element();
        let name = root.tag_name();
        if name.name() == "IdC" && name.namespace() == Some(NAMESPACE_V1) {
            self.fail(
                "PDA-INDEX-V1",
                "si usa la norma del 2010 (IdC), che questa versione del programma non verifica",
                "the edition of 2010 (IdC) is used, which this version of the program does not check",
            );
            return None;
        }
        if name.name() != "PIndex" || name.namespace() != Some(NAMESPACE) {
            self.fail(
                "PDA-INDEX-ROOT",
                "la radice non è PIndex di UNI 11386:2020",
                "the root is not PIndex of UNI 11386:2020",
            );
            return None;
        }
        for (attribute, fixed) in
            [("uri", Some(SCHEMA_URI)), ("sincroVersion", Some("2.0")), ("language", None)]
        {
            let value = root.attribute((NAMESPACE, attribute));
            if value.is_none() || (fixed.is_some() && value != fixed) {
                self.absent(&format!("PIndex/@{attribute}"));
            }
        }
        self.order(root, &["SelfDescription", "PVolume", "FileGroup", "Process"]);
        match child(root, "SelfDescription") {
            Some(node) => {
                if self.text(node, "ID").is_none() {
                    self.absent("SelfDescription/ID");
                }
                if child(node, "CreatingApplication").is_none() {
                    self.absent("SelfDescription/CreatingApplication");
                }
            }
            None => self.absent("SelfDescription"),
        }
        let volume = child(root, "PVolume");
        let identifier = volume.and_then(|v| self.text(v, "ID"));
        if identifier.is_none() {
            self.absent("PVolume/ID");
        }
        let label = volume.and_then(|v| self.text(v, "Label"));
        let files = self.files(root);
        let (time, attached_timestamp) = self.process(root);
        Some(PIndex {
            identifier: identifier?,
            label,
            files: files?,
            time: time?,
            attached_timestamp,
        })
    }

    fn text(&self, node: Node<'_, '_>, name: &str) -> Option<String> {
        child(node, name).map(text_of).filter(|t| !t.is_empty())
    }

    /// Only known children, in their order; the last-but-one may repeat.
    fn order(&mut self, root: Node<'_, '_>, names: &[&str]) {
        let mut next = 0;
        for node in children(root) {
            let name = node.tag_name().name();
            let repeats = name == "FileGroup" && next > 0 && names.get(next - 1) == Some(&name);
            if repeats {
                continue;
            }
            match names.iter().skip(next).position(|n| *n == name) {
                Some(offset) => next += offset + 1,
                None => self.fail(
                    "PDA-INDEX-ORDER",
                    &format!("l'elemento {name} è sconosciuto, ripetuto o fuori posto"),
                    &format!("the element {name} is unknown, repeated or out of order"),
                ),
            }
        }
    }

    fn files(&mut self, root: Node<'_, '_>) -> Option<Vec<IndexedFile>> {
        let mut files = Vec::new();
        let mut names = NameSet::default();
        let mut whole = true;
        for group in children(root).filter(|n| n.tag_name().name() == "FileGroup") {
            for node in children(group).filter(|n| n.tag_name().name() == "File") {
                match self.file(node) {
                    Some(file) => {
                        if names.insert(&file.path).is_err() {
                            self.fail(
                                "PDA-INDEX-DUPLICATE",
                                &format!("il file {} è elencato due volte", file.path),
                                &format!("the file {} is listed twice", file.path),
                            );
                            whole = false;
                        }
                        files.push(file);
                    }
                    None => whole = false,
                }
                if files.len() > self.limits.files {
                    self.fail("PDA-INDEX-LIMIT", "ci sono troppi file", "there are too many files");
                    return None;
                }
            }
        }
        if files.is_empty() {
            self.absent("FileGroup/File");
            return None;
        }
        whole.then_some(files)
    }

    fn file(&mut self, node: Node<'_, '_>) -> Option<IndexedFile> {
        let format = node.attribute((NAMESPACE, "format"));
        let encoding = node.attribute((NAMESPACE, "encoding"));
        if format.is_none() || encoding.is_none() {
            self.absent("File/@format, @encoding");
        }
        let Some(uri) = self.text(node, "Path") else {
            self.absent("File/Path");
            return None;
        };
        let path = uri_to_path(&uri)
            .map(|p| p.strip_prefix("./").map(str::to_owned).unwrap_or(p))
            .filter(|p| check_path(p, self.limits.path_bytes).is_ok());
        let Some(path) = path else {
            self.fail(
                "PDA-INDEX-PATH",
                &format!("il percorso {uri} esce dal pacchetto o non è ammesso"),
                &format!("the path {uri} leaves the package or is not allowed"),
            );
            return None;
        };
        let hash = child(node, "Hash");
        let function = hash.and_then(|h| h.attribute((NAMESPACE, "hashFunction")));
        let (Some(hash), Some(function)) = (hash, function) else {
            self.absent(&format!("File/Hash ({path})"));
            return None;
        };
        let Some(algorithm) = Algorithm::from_name(function) else {
            self.fail(
                "PDA-INDEX-ALGORITHM",
                &format!("l'impronta di {path} usa {function}, che non è ammesso"),
                &format!("the digest of {path} uses {function}, which is not allowed"),
            );
            return None;
        };
        let Some(digest) = from_text(&text_of(hash), algorithm) else {
            self.absent(&format!("File/Hash ({path})"));
            return None;
        };
        Some(IndexedFile { path, digest, format: format.unwrap_or_default().to_owned(), algorithm })
    }

    fn process(&mut self, root: Node<'_, '_>) -> (Option<String>, bool) {
        let Some(process) = child(root, "Process") else {
            self.absent("Process");
            return (None, false);
        };
        for agent in ["Submitter", "Holder", "AuthorizedSigner"] {
            match child(process, agent) {
                Some(node) => {
                    for part in ["AgentName", "RelevantDocument"] {
                        if child(node, part).is_none() {
                            self.absent(&format!("Process/{agent}/{part}"));
                        }
                    }
                }
                None => self.absent(&format!("Process/{agent}")),
            }
        }
        let reference = child(process, "TimeReference");
        let info = reference.and_then(|r| child(r, "TimeInfo"));
        let stamp = reference.and_then(|r| child(r, "TimeStamp"));
        let time = info
            .map(text_of)
            .or_else(|| stamp.and_then(|s| s.attribute((NAMESPACE, "normal"))).map(str::to_owned));
        let time = time.filter(|t| chrono::DateTime::parse_from_rfc3339(t).is_ok());
        if time.is_none() {
            self.absent("Process/TimeReference");
        }
        let attached =
            info.and_then(|i| i.attribute((NAMESPACE, "attachedTimeStamp"))) == Some("true");
        (time, attached)
    }
}
