//! Writing the index.

use crate::digest::{Algorithm, hex};
use crate::format::extension_of;
use crate::metadata::{Agent, AgentName, Preservation};
use crate::sincro::{NAMESPACE, SCHEMA_URI, path_to_uri};
use crate::xml::XmlWriter;
use crate::{Application, Error};

/// One file of the archive package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEntry {
    /// Path inside the package, not encoded.
    pub path: String,
    /// Media type.
    pub format: String,
    /// SHA-256.
    pub sha256: Vec<u8>,
}

/// A group of files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileGroup {
    /// What the group is.
    pub label: String,
    /// More words about it.
    pub description: Option<String>,
    /// Its files, in order.
    pub files: Vec<FileEntry>,
}

/// Everything an index says.
#[derive(Debug, Clone)]
pub struct WritePlan<'a> {
    /// Identifier of the archive package.
    pub identifier: &'a str,
    /// The program.
    pub application: &'a Application,
    /// Label of the volume: the subject of the unit.
    pub label: &'a str,
    /// The record of Allegato 5, pointed to as metadata of the volume.
    pub record: &'a FileEntry,
    /// The files.
    pub groups: &'a [FileGroup],
    /// The agents.
    pub preservation: &'a Preservation,
    /// When the index is made, `xs:dateTime` in UTC.
    pub time: &'a str,
    /// Whether the signature on the index carries a time-stamp.
    pub attached_timestamp: bool,
}

/// Writes an index valid against the schema of UNI 11386:2020.
///
/// # Errors
/// [`Error::NotXmlText`] when some text carries a character XML cannot hold.
pub fn write(plan: &WritePlan<'_>) -> Result<Vec<u8>, Error> {
    let mut x = XmlWriter::new()?;
    x.open(
        "sincro:PIndex",
        &[
            ("xmlns:sincro", NAMESPACE),
            ("sincro:language", "it"),
            ("sincro:uri", SCHEMA_URI),
            ("sincro:sincroVersion", "2.0"),
        ],
    )?;
    x.open("sincro:SelfDescription", &[])?;
    id(&mut x, &format!("{}-PIndex", plan.identifier))?;
    x.open("sincro:CreatingApplication", &[])?;
    x.text("sincro:Name", &plan.application.name)?;
    x.text("sincro:Version", &plan.application.version)?;
    x.text("sincro:Producer", &plan.application.producer)?;
    x.close()?;
    x.close()?;

    x.open("sincro:PVolume", &[])?;
    id(&mut x, plan.identifier)?;
    x.text("sincro:Label", plan.label)?;
    x.open("sincro:MoreInfo", &[("sincro:xmlSchema", "DocumentoAmministrativoInformatico.xsd")])?;
    x.open(
        "sincro:ExternalMetadata",
        &[
            ("sincro:encoding", "binary"),
            ("sincro:extension", "xml"),
            ("sincro:format", &plan.record.format),
        ],
    )?;
    id(&mut x, &format!("{}-METADATI", plan.identifier))?;
    path_and_hash(&mut x, plan.record)?;
    x.close()?;
    x.close()?;
    x.close()?;

    let mut number = 0;
    for (g, group) in plan.groups.iter().enumerate() {
        x.open("sincro:FileGroup", &[])?;
        id(&mut x, &format!("{}-G{}", plan.identifier, g + 1))?;
        x.text("sincro:Label", &group.label)?;
        x.optional("sincro:Description", group.description.as_deref())?;
        for file in &group.files {
            number += 1;
            let mut attributes = vec![("sincro:encoding", "binary")];
            if let Some(extension) = extension_of(&file.path) {
                attributes.push(("sincro:extension", extension));
            }
            attributes.push(("sincro:format", &file.format));
            x.open("sincro:File", &attributes)?;
            id(&mut x, &format!("{}-F{number}", plan.identifier))?;
            path_and_hash(&mut x, file)?;
            x.close()?;
        }
        x.close()?;
    }

    x.open("sincro:Process", &[])?;
    agent(&mut x, "sincro:Submitter", None, &plan.preservation.submitter)?;
    for holder in &plan.preservation.holders {
        agent(&mut x, "sincro:Holder", Some("sincro:holderRole"), holder)?;
    }
    for signer in &plan.preservation.signers {
        agent(&mut x, "sincro:AuthorizedSigner", Some("sincro:signerRole"), signer)?;
    }
    x.open("sincro:TimeReference", &[])?;
    let attached = if plan.attached_timestamp { "true" } else { "false" };
    x.text_with("sincro:TimeInfo", &[("sincro:attachedTimeStamp", attached)], plan.time)?;
    x.close()?;
    x.text("sincro:LawsAndRegulations", &plan.preservation.laws)?;
    x.close()?;
    x.finish()
}

fn id(x: &mut XmlWriter, value: &str) -> Result<(), Error> {
    x.text_with("sincro:ID", &[("sincro:scheme", "local")], value)
}

fn path_and_hash(x: &mut XmlWriter, file: &FileEntry) -> Result<(), Error> {
    x.text("sincro:Path", &path_to_uri(&file.path))?;
    x.text_with("sincro:Hash", &[("sincro:hashFunction", Algorithm::WRITTEN)], &hex(&file.sha256))
}

fn agent(
    x: &mut XmlWriter,
    element: &str,
    role_attribute: Option<&str>,
    agent: &Agent,
) -> Result<(), Error> {
    let kind = match agent.name {
        AgentName::Person { .. } => "natural person",
        AgentName::Organisation(_) => "legal person",
    };
    let mut attributes = vec![("sincro:agentType", kind)];
    if let (Some(attribute), Some(role)) = (role_attribute, agent.role.as_deref()) {
        attributes.push((attribute, role));
    }
    x.open(element, &attributes)?;
    for identifier in &agent.identifiers {
        x.text("sincro:AgentID", identifier)?;
    }
    x.open("sincro:AgentName", &[])?;
    match &agent.name {
        AgentName::Person { surname, given_name } => {
            x.open("sincro:NameAndSurname", &[])?;
            x.text("sincro:FirstName", given_name)?;
            x.text("sincro:LastName", surname)?;
            x.close()?;
        }
        AgentName::Organisation(name) => x.text("sincro:FormalName", name)?,
    }
    x.close()?;
    let mut attributes = Vec::new();
    if let Some(digest) = &agent.document_sha256 {
        attributes.push(("sincro:docHash", digest.as_str()));
        attributes.push(("sincro:hashFunction", Algorithm::WRITTEN));
    }
    let uri = agent.document_uri.as_deref().map(uri_text);
    if let Some(uri) = &uri {
        attributes.push(("sincro:uriDoc", uri.as_str()));
    }
    x.text_with("sincro:RelevantDocument", &attributes, &agent.document)?;
    x.close()
}

/// A URI as typed, with blanks and other strangers encoded so that it is an `xs:anyURI`.
fn uri_text(uri: &str) -> String {
    use std::fmt::Write as _;
    uri.bytes().fold(String::new(), |mut out, b| {
        if b.is_ascii_graphic()
            && !matches!(b, b'<' | b'>' | b'"' | b'{' | b'}' | b'|' | b'\\' | b'^' | b'`')
        {
            out.push(char::from(b));
        } else {
            let _ = write!(out, "%{b:02X}");
        }
        out
    })
}
