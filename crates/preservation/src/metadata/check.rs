//! Reading a record back: the shape of Allegato 5 and its agreement with the files beside it.
//!
//! Not a schema validator: the order and presence of the eighteen elements, the rules between
//! them, and the digests. Both spacings of the fixed sentences are accepted.

use roxmltree::Node;

use super::write::is_formation;
use crate::digest::from_base64;
use crate::limits::Limits;
use crate::report::PackageFinding;
use crate::xml::{child, children, parse, text_of};

const ROOT: &str = "DocumentoAmministrativoInformatico";

/// The elements in their order, and whether each is mandatory.
const ELEMENTS: [(&str, bool); 18] = [
    ("IdDoc", true),
    ("ModalitaDiFormazione", true),
    ("TipologiaDocumentale", true),
    ("DatiDiRegistrazione", true),
    ("Soggetti", true),
    ("ChiaveDescrittiva", true),
    ("Allegati", true),
    ("Classificazione", true),
    ("Riservato", true),
    ("IdentificativoDelFormato", true),
    ("Verifica", true),
    ("Agg", true),
    ("IdIdentificativoDocumentoPrimario", false),
    ("NomeDelDocumento", true),
    ("VersioneDelDocumento", true),
    ("TracciatureModificheDocumento", false),
    ("TempoDiConservazione", false),
    ("Note", false),
];

const RULE: &str = "AgID Allegato 5";

/// Checks a record against the digests of the files it speaks of.
pub(crate) fn check(
    bytes: &[u8],
    path: &str,
    main_sha256: Option<&[u8]>,
    attachments: &[Option<Vec<u8>>],
    limits: &Limits,
) -> Vec<PackageFinding> {
    let mut found = Vec::new();
    let document = match parse(bytes, limits) {
        Ok(document) => document,
        Err(problem) => {
            let (it, en) = problem.words();
            found.push(PackageFinding::fail(
                "PDV-METADATA-XML",
                RULE,
                path,
                format!("I metadati «{path}» non si leggono: il file {it}."),
                format!("The metadata “{path}” cannot be read: {en}."),
            ));
            return found;
        }
    };
    let root = document.root_element();
    if root.tag_name().name() != ROOT {
        found.push(PackageFinding::fail(
            "PDV-METADATA-ROOT",
            RULE,
            path,
            format!(
                "I metadati «{path}» cominciano con {} invece che con {ROOT}.",
                root.tag_name().name()
            ),
            format!(
                "The metadata “{path}” begin with {} instead of {ROOT}.",
                root.tag_name().name()
            ),
        ));
        return found;
    }
    shape(root, path, &mut found);
    content(root, path, main_sha256, attachments, &mut found);
    found
}

/// Presence and order of the elements.
fn shape(root: Node<'_, '_>, path: &str, found: &mut Vec<PackageFinding>) {
    let mut next = 0;
    for node in children(root) {
        let name = node.tag_name().name();
        let place = ELEMENTS.iter().enumerate().skip(next).find(|(_, (e, _))| *e == name);
        match place {
            Some((i, _)) => next = i + 1,
            None => found.push(PackageFinding::fail(
                "PDV-METADATA-ORDER",
                RULE,
                path,
                format!("Nei metadati «{path}» l'elemento {name} è sconosciuto, ripetuto o fuori posto."),
                format!("In the metadata “{path}” the element {name} is unknown, repeated or out of order."),
            )),
        }
    }
    for (name, mandatory) in ELEMENTS {
        let node = child(root, name);
        let empty = node.is_some_and(|n| text_of(n).is_empty() && children(n).next().is_none());
        if (mandatory && node.is_none()) || empty {
            found.push(PackageFinding::fail(
                "PDV-METADATA-MISSING",
                RULE,
                path,
                format!("Nei metadati «{path}» manca l'elemento obbligatorio {name}."),
                format!("In the metadata “{path}” the mandatory element {name} is missing."),
            ));
        }
    }
}

/// The rules the schema cannot express, and the digests.
fn content(
    root: Node<'_, '_>,
    path: &str,
    main_sha256: Option<&[u8]>,
    attachments: &[Option<Vec<u8>>],
    found: &mut Vec<PackageFinding>,
) {
    if let Some(node) = child(root, "ModalitaDiFormazione")
        && !is_formation(&text_of(node))
    {
        found.push(PackageFinding::fail(
            "PDV-METADATA-VALUE",
            RULE,
            path,
            format!("Nei metadati «{path}» ModalitaDiFormazione non è una delle quattro frasi ammesse."),
            format!("In the metadata “{path}” ModalitaDiFormazione is not one of the four sentences allowed."),
        ));
    }
    if let Some(subjects) = child(root, "Soggetti")
        && !children(subjects)
            .any(|r| child(r, "Autore").is_some() || child(r, "Mittente").is_some())
    {
        found.push(PackageFinding::fail(
            "PDV-METADATA-AUTHOR",
            RULE,
            path,
            format!("Nei metadati «{path}» manca il soggetto Autore o Mittente."),
            format!("The metadata “{path}” name neither an author nor a sender."),
        ));
    }
    if let (Some(node), Some(expected)) = (child(root, "IdDoc"), main_sha256)
        && digest_of(node).as_deref() != Some(expected)
    {
        found.push(PackageFinding::fail(
            "PDV-METADATA-DIGEST",
            "AgID Allegato 5 IdDoc",
            path,
            format!(
                "L'impronta del documento principale nei metadati «{path}» non è quella del file."
            ),
            format!(
                "The digest of the main document in the metadata “{path}” is not that of the file."
            ),
        ));
    }
    let Some(node) = child(root, "Allegati") else {
        return;
    };
    let declared = child(node, "NumeroAllegati").map(text_of);
    let listed: Vec<_> =
        children(node).filter(|n| n.tag_name().name() == "IndiceAllegati").collect();
    let declared = declared.and_then(|n| n.parse::<usize>().ok());
    if declared != Some(listed.len()) || listed.len() != attachments.len() {
        found.push(PackageFinding::fail(
            "PDV-METADATA-ATTACHMENTS",
            "AgID Allegato 5 Allegati",
            path,
            format!(
                "Nei metadati «{path}» gli allegati non tornano: dichiarati {}, elencati {}, presenti {}.",
                declared.map_or("?".into(), |n| n.to_string()),
                listed.len(),
                attachments.len()
            ),
            format!(
                "In the metadata “{path}” the attachments do not agree: {} declared, {} listed, {} present.",
                declared.map_or("?".into(), |n| n.to_string()),
                listed.len(),
                attachments.len()
            ),
        ));
        return;
    }
    for (i, (node, expected)) in listed.iter().zip(attachments).enumerate() {
        let Some(expected) = expected else { continue };
        let digest = child(*node, "IdDoc").and_then(digest_of);
        if digest.as_ref() != Some(expected) {
            let n = i + 1;
            found.push(PackageFinding::fail(
                "PDV-METADATA-DIGEST",
                "AgID Allegato 5 Allegati",
                path,
                format!(
                    "L'impronta dell'allegato {n} nei metadati «{path}» non è quella del file."
                ),
                format!(
                    "The digest of attachment {n} in the metadata “{path}” is not that of the file."
                ),
            ));
        }
    }
}

fn digest_of(id_doc: Node<'_, '_>) -> Option<Vec<u8>> {
    let node = child(id_doc, "ImprontaCrittograficaDelDocumento")?;
    from_base64(&text_of(child(node, "Impronta")?))
}
