//! `indice-pdv.xml`, written and read.

use roxmltree::Node;

use crate::container::Written;
use crate::digest::{Algorithm, from_hex, hex};
use crate::format::mime_of;
use crate::limits::Limits;
use crate::report::PackageFinding;
use crate::sip::INDEX;
use crate::xml::{XmlWriter, child, children, parse, text_of};
use crate::{Application, Error};
use archive::names::{NameSet, check_path};

const NAMESPACE: &str = "urn:ceralacca:indice-pdv:1";
const RULE: &str = "PdV indice 1.0";

/// One file as the index gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) path: String,
    pub(crate) format: String,
    pub(crate) size: u64,
    pub(crate) sha256: Vec<u8>,
}

impl Item {
    pub(crate) fn of(written: &Written) -> Self {
        Self {
            path: written.path.clone(),
            format: mime_of(&written.path).to_owned(),
            size: written.size,
            sha256: written.sha256.clone(),
        }
    }

    fn attributes<'a>(&'a self, size: &'a str, digest: &'a str) -> [(&'a str, &'a str); 5] {
        [
            ("percorso", &self.path),
            ("formato", &self.format),
            ("dimensione", size),
            ("algoritmo", Algorithm::WRITTEN),
            ("impronta", digest),
        ]
    }

    fn write(&self, x: &mut XmlWriter, element: &str, more: &[(&str, &str)]) -> Result<(), Error> {
        let (size, digest) = (self.size.to_string(), hex(&self.sha256));
        let mut attributes = more.to_vec();
        attributes.extend(self.attributes(&size, &digest));
        x.empty(element, &attributes)
    }
}

/// The whole index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SipIndex {
    pub(crate) identifier: String,
    pub(crate) title: String,
    pub(crate) created: String,
    pub(crate) application: Application,
    pub(crate) profile: String,
    pub(crate) record: Item,
    pub(crate) main: Vec<Item>,
    pub(crate) components: Option<Item>,
    pub(crate) attachments: Vec<(String, Item)>,
    pub(crate) service: Vec<Item>,
}

impl SipIndex {
    /// All files in the order of the index.
    pub(crate) fn items(&self) -> impl Iterator<Item = &Item> {
        self.main
            .iter()
            .chain(&self.components)
            .chain(self.attachments.iter().map(|(_, item)| item))
            .chain(std::iter::once(&self.record))
            .chain(&self.service)
    }

    /// Writes the index.
    pub(crate) fn write(&self) -> Result<Vec<u8>, Error> {
        let mut x = XmlWriter::new()?;
        x.open("IndicePdV", &[("xmlns", NAMESPACE), ("versione", "1.0")])?;
        x.text("Identificativo", &self.identifier)?;
        x.text("Oggetto", &self.title)?;
        x.text("DataCreazione", &self.created)?;
        x.empty(
            "Applicazione",
            &[
                ("nome", &self.application.name),
                ("versione", &self.application.version),
                ("produttore", &self.application.producer),
            ],
        )?;
        x.text("Profilo", &self.profile)?;
        x.open("Metadati", &[])?;
        self.record.write(&mut x, "File", &[])?;
        x.close()?;
        x.open("DocumentoPrincipale", &[])?;
        for (i, item) in self.main.iter().enumerate() {
            item.write(&mut x, "Componente", &[("ordine", &(i + 1).to_string())])?;
        }
        if let Some(item) = &self.components {
            item.write(&mut x, "ElencoComponenti", &[])?;
        }
        x.close()?;
        x.open("Allegati", &[])?;
        for (i, (description, item)) in self.attachments.iter().enumerate() {
            let number = (i + 1).to_string();
            item.write(&mut x, "Allegato", &[("numero", &number), ("descrizione", description)])?;
        }
        x.close()?;
        x.open("FileDiServizio", &[])?;
        for item in &self.service {
            item.write(&mut x, "File", &[])?;
        }
        x.close()?;
        x.finish()
    }

    /// Reads an index; `None` with at least one finding when it cannot serve.
    pub(crate) fn read(
        bytes: &[u8],
        limits: &Limits,
        found: &mut Vec<PackageFinding>,
    ) -> Option<Self> {
        let mut fail = |it: String, en: String| {
            found.push(PackageFinding::fail(
                "PDV-INDEX",
                RULE,
                INDEX,
                format!("L'indice del pacchetto non si può usare: {it}."),
                format!("The package index cannot be used: {en}."),
            ));
        };
        let document = match parse(bytes, limits) {
            Ok(document) => document,
            Err(problem) => {
                let (it, en) = problem.words();
                fail(it, en);
                return None;
            }
        };
        let root = document.root_element();
        if root.tag_name().name() != "IndicePdV"
            || root.tag_name().namespace() != Some(NAMESPACE)
            || root.attribute("versione") != Some("1.0")
        {
            fail(
                "non è un IndicePdV versione 1.0".into(),
                "it is not an IndicePdV of version 1.0".into(),
            );
            return None;
        }
        match read_root(root, limits) {
            Ok(index) => Some(index),
            Err(what) => {
                fail(format!("manca o è sbagliato {what}"), format!("{what} is missing or wrong"));
                None
            }
        }
    }
}

/// Reads the parts; the error names the part that is missing or wrong.
fn read_root(root: Node<'_, '_>, limits: &Limits) -> Result<SipIndex, String> {
    let text = |name: &str| {
        child(root, name).map(text_of).filter(|t| !t.is_empty()).ok_or_else(|| name.to_owned())
    };
    let part = |name: &str| child(root, name).ok_or_else(|| name.to_owned());
    let application = part("Applicazione")?;
    let attribute = |name: &str| application.attribute(name).unwrap_or_default().to_owned();
    let metadata = part("Metadati")?;
    let record = child(metadata, "File").ok_or_else(|| "Metadati/File".to_owned())?;
    let documents = part("DocumentoPrincipale")?;
    let mut main = Vec::new();
    let mut components = None;
    for node in children(documents) {
        match node.tag_name().name() {
            "Componente" => {
                let order = (main.len() + 1).to_string();
                if node.attribute("ordine") != Some(&order) {
                    return Err(format!("Componente/@ordine {order}"));
                }
                main.push(item(node, limits)?);
            }
            "ElencoComponenti" if components.is_none() => components = Some(item(node, limits)?),
            other => return Err(other.to_owned()),
        }
    }
    if main.is_empty() || (main.len() > 1) != components.is_some() {
        return Err("DocumentoPrincipale".into());
    }
    let mut attachments = Vec::new();
    for node in children(part("Allegati")?) {
        let number = (attachments.len() + 1).to_string();
        if node.attribute("numero") != Some(&number) {
            return Err(format!("Allegato/@numero {number}"));
        }
        let description = node.attribute("descrizione").unwrap_or_default().to_owned();
        attachments.push((description, item(node, limits)?));
    }
    let mut service = Vec::new();
    for node in children(part("FileDiServizio")?) {
        service.push(item(node, limits)?);
    }
    let index = SipIndex {
        identifier: text("Identificativo")?,
        title: text("Oggetto")?,
        created: text("DataCreazione")?,
        application: Application {
            name: attribute("nome"),
            version: attribute("versione"),
            producer: attribute("produttore"),
        },
        profile: text("Profilo")?,
        record: item(record, limits)?,
        main,
        components,
        attachments,
        service,
    };
    let mut names = NameSet::default();
    for item in index.items() {
        names.insert(&item.path).map_err(|_| format!("@percorso {} (ripetuto)", item.path))?;
    }
    Ok(index)
}

fn item(node: Node<'_, '_>, limits: &Limits) -> Result<Item, String> {
    let element = node.tag_name().name();
    let attribute = |name: &str| node.attribute(name).ok_or_else(|| format!("{element}/@{name}"));
    let path = attribute("percorso")?;
    check_path(path, limits.path_bytes).map_err(|_| format!("{element}/@percorso {path}"))?;
    if Algorithm::from_name(attribute("algoritmo")?) != Some(Algorithm::Sha256) {
        return Err(format!("{element}/@algoritmo"));
    }
    let sha256 = from_hex(attribute("impronta")?)
        .filter(|d| d.len() == 32)
        .ok_or_else(|| format!("{element}/@impronta"))?;
    let size = attribute("dimensione")?.parse().map_err(|_| format!("{element}/@dimensione"))?;
    Ok(Item { path: path.to_owned(), format: attribute("formato")?.to_owned(), size, sha256 })
}
