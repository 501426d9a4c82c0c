//! The record as XML, in the fixed order of the schema of Allegato 5 (no namespace).

use super::{
    AggregationKind, DocumentRef, Flow, Formation, Ipa, Metadata, Party, Person, Register, Role,
};
use crate::Error;
use crate::digest::{Algorithm, base64};
use crate::xml::XmlWriter;

/// How the fixed sentences of the schema are spaced.
///
/// The schema published inside Allegato 5 was copied out of a PDF and carries double blanks in its
/// fixed values; they are not interchangeable with single ones at a strict receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Spacing {
    /// Single blanks.
    #[default]
    Clean,
    /// The double blanks of the published text.
    AsPublished,
}

/// An identified document with its digest (`IdDocType`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentId {
    /// SHA-256 of the file as kept.
    pub sha256: Vec<u8>,
    /// Its identifier.
    pub identifier: String,
    /// Its protocol mark.
    pub mark: Option<String>,
}

/// What the files tell, beside the sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteFacts {
    /// SHA-256 of the main document as kept (of its component list when there are several).
    pub main_sha256: Vec<u8>,
    /// Its file name, used when the sheet gives none.
    pub main_name: String,
    /// Its format, used when the sheet gives none.
    pub main_format: String,
    /// The attachments in order, each with its description.
    pub attachments: Vec<(DocumentId, String)>,
    /// A sentence to be added to `Note`.
    pub extra_note: Option<String>,
}

const FORMATIONS: [(&str, &str); 4] = [
    (
        "creazione tramite utilizzo di strumenti software che assicurino la produzione di documenti nei formati previsti in allegato 2",
        "creazione tramite utilizzo di strumenti software che assicurino la produzione di documenti  nei formati previsti in allegato 2",
    ),
    (
        "acquisizione di un documento informatico per via telematica o su supporto informatico, acquisizione della copia per immagine su supporto informatico di un documento analogico, acquisizione della copia informatica di un documento analogico",
        "acquisizione di un documento informatico per via telematica o su supporto informatico,  acquisizione della copia per immagine su supporto informatico di un documento analogico, acquisizione della copia informatica di un documento  analogico",
    ),
    (
        "memorizzazione su supporto informatico in formato digitale delle informazioni risultanti da transazioni o processi informatici o dalla presentazione telematica di dati attraverso moduli o formulari resi disponibili ad utente",
        "memorizzazione su supporto informatico in formato digitale delle informazioni risultanti da  transazioni o processi informatici o dalla presentazione telematica di dati attraverso moduli o formulari resi disponibili ad utente",
    ),
    (
        "generazione o raggruppamento anche in via automatica di un insieme di dati o registrazioni, provenienti da una o più banche dati, anche appartenenti a più soggetti interoperanti, secondo una struttura logica predeterminata e memorizzata in forma statica",
        "generazione o raggruppamento anche in via automatica di un insieme di dati o  registrazioni, provenienti da una o più banche dati, anche appartenenti a più soggetti interoperanti, secondo una struttura logica predeterminata  e memorizzata in forma statica",
    ),
];

/// Whether a text is one of the four sentences, in either spacing.
pub(super) fn is_formation(text: &str) -> bool {
    FORMATIONS.iter().any(|(a, b)| *a == text || *b == text)
}

/// Writes the record.
///
/// # Errors
/// [`Error::NotXmlText`] when a file name carries a character XML cannot hold.
pub fn write(metadata: &Metadata, facts: &WriteFacts, spacing: Spacing) -> Result<Vec<u8>, Error> {
    let mut x = XmlWriter::new()?;
    x.open("DocumentoAmministrativoInformatico", &[])?;
    let id = DocumentId {
        sha256: facts.main_sha256.clone(),
        identifier: metadata.identifier.clone(),
        mark: metadata.mark.clone(),
    };
    id_doc(&mut x, "IdDoc", &id)?;
    x.text("ModalitaDiFormazione", formation_text(metadata.formation, spacing))?;
    x.text("TipologiaDocumentale", &metadata.document_type)?;
    registration(&mut x, metadata)?;
    x.open("Soggetti", &[])?;
    for subject in &metadata.subjects {
        x.open("Ruolo", &[])?;
        let (element, role) = role_names(subject.role, spacing);
        x.open(element, &[])?;
        x.text("TipoRuolo", role)?;
        party(&mut x, subject.role, &subject.party)?;
        x.close()?;
        x.close()?;
    }
    x.close()?;
    x.open("ChiaveDescrittiva", &[])?;
    x.text("Oggetto", &metadata.title)?;
    for word in &metadata.keywords {
        x.text("ParoleChiave", word)?;
    }
    x.close()?;
    x.open("Allegati", &[])?;
    // Written from the list itself, so the two can never disagree.
    x.text("NumeroAllegati", &facts.attachments.len().to_string())?;
    for (id, description) in &facts.attachments {
        x.open("IndiceAllegati", &[])?;
        id_doc(&mut x, "IdDoc", id)?;
        x.text("Descrizione", description)?;
        x.close()?;
    }
    x.close()?;
    x.open("Classificazione", &[])?;
    let c = &metadata.classification;
    x.text("IndiceDiClassificazione", &c.index)?;
    x.text("Descrizione", &c.description)?;
    x.optional("PianoDiClassificazione", c.plan.as_deref())?;
    x.close()?;
    x.text("Riservato", boolean(metadata.reserved))?;
    x.open("IdentificativoDelFormato", &[])?;
    let format = metadata.format.as_deref().unwrap_or(&facts.main_format);
    x.text("Formato", format)?;
    let s = &metadata.software;
    if s.name.is_some() || s.version.is_some() || s.producer.is_some() {
        x.open("ProdottoSoftware", &[])?;
        x.optional("NomeProdotto", s.name.as_deref())?;
        x.optional("VersioneProdotto", s.version.as_deref())?;
        x.optional("Produttore", s.producer.as_deref())?;
        x.close()?;
    }
    x.close()?;
    x.open("Verifica", &[])?;
    let checks = &metadata.checks;
    for (element, value) in [
        ("FirmatoDigitalmente", checks.signed),
        ("SigillatoElettronicamente", checks.sealed),
        ("MarcaturaTemporale", checks.timestamped),
        ("ConformitaCopieImmagineSuSupportoInformatico", checks.certified_copy),
    ] {
        x.text(element, boolean(value))?;
    }
    x.close()?;
    x.open("Agg", &[])?;
    for aggregation in &metadata.aggregations {
        x.open("TipoAgg", &[])?;
        let kind = match aggregation.kind {
            AggregationKind::File => "Fascicolo",
            AggregationKind::Series => "Serie Documentale",
            AggregationKind::FileSeries => "Serie Di Fascicoli",
        };
        x.text("TipoAggregazione", kind)?;
        x.text("IdAggregazione", &aggregation.identifier)?;
        x.close()?;
    }
    x.close()?;
    if let Some(primary) = &metadata.primary {
        id_doc(&mut x, "IdIdentificativoDocumentoPrimario", &primary.into())?;
    }
    x.text("NomeDelDocumento", metadata.name.as_deref().unwrap_or(&facts.main_name))?;
    x.text("VersioneDelDocumento", &metadata.version)?;
    if let Some(change) = &metadata.change {
        x.open("TracciatureModificheDocumento", &[])?;
        x.text("TipoModifica", change.kind)?;
        x.open("SoggettoAutoreDellaModifica", &[])?;
        person(&mut x, &change.author)?;
        x.close()?;
        x.text("DataModifica", &change.date)?;
        x.optional("OraModifica", change.time.as_deref())?;
        id_doc(&mut x, "IdDocVersionePrecedente", &(&change.previous).into())?;
        x.close()?;
    }
    x.text("TempoDiConservazione", &metadata.retention_years.to_string())?;
    let note = match (&metadata.note, &facts.extra_note) {
        (Some(a), Some(b)) => Some(format!("{a} {b}")),
        (a, b) => a.clone().or_else(|| b.clone()),
    };
    x.optional("Note", note.as_deref())?;
    x.finish()
}

impl From<&DocumentRef> for DocumentId {
    fn from(r: &DocumentRef) -> Self {
        Self { sha256: r.sha256.clone(), identifier: r.identifier.clone(), mark: r.mark.clone() }
    }
}

fn boolean(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

fn id_doc(x: &mut XmlWriter, element: &str, id: &DocumentId) -> Result<(), Error> {
    x.open(element, &[])?;
    x.open("ImprontaCrittograficaDelDocumento", &[])?;
    x.text("Impronta", &base64(&id.sha256))?;
    x.text("Algoritmo", Algorithm::WRITTEN)?;
    x.close()?;
    x.text("Identificativo", &id.identifier)?;
    x.optional("Segnatura", id.mark.as_deref())?;
    x.close()
}

fn formation_text(formation: Formation, spacing: Spacing) -> &'static str {
    let [a, b, c, d] = FORMATIONS;
    let (clean, published) = match formation {
        Formation::Creation => a,
        Formation::Acquisition => b,
        Formation::Transaction => c,
        Formation::Grouping => d,
    };
    match spacing {
        Spacing::Clean => clean,
        Spacing::AsPublished => published,
    }
}

fn registration(x: &mut XmlWriter, metadata: &Metadata) -> Result<(), Error> {
    let r = &metadata.registration;
    x.open("DatiDiRegistrazione", &[])?;
    x.text(
        "TipologiaDiFlusso",
        match r.flow {
            Flow::Incoming => "E",
            Flow::Outgoing => "U",
            Flow::Internal => "I",
        },
    )?;
    x.open("TipoRegistro", &[])?;
    let (element, fixed, date, time, number) = match r.register {
        Register::Protocol => (
            "ProtocolloOrdinario_ProtocolloEmergenza",
            "ProtocolloOrdinario\\ProtocolloEmergenza",
            "DataProtocollazioneDocumento",
            "OraProtocollazioneDocumento",
            "NumeroProtocolloDocumento",
        ),
        Register::Repertory => (
            "Repertorio_Registro",
            "Repertorio\\Registro",
            "DataRegistrazioneDocumento",
            "OraRegistrazioneDocumento",
            "NumeroRegistrazioneDocumento",
        ),
    };
    x.open(element, &[])?;
    x.text("TipoRegistro", fixed)?;
    x.text(date, &r.date)?;
    x.optional(time, r.time.as_deref())?;
    x.text(number, &r.number)?;
    x.text("CodiceRegistro", &r.code)?;
    x.close()?;
    x.close()?;
    x.close()
}

/// The element and the fixed `TipoRuolo` of a role.
fn role_names(role: Role, spacing: Spacing) -> (&'static str, &'static str) {
    let published = spacing == Spacing::AsPublished;
    match role {
        Role::Registrar => (
            "AmministrazioneCheEffettuaLaRegistrazione",
            if published {
                "Amministrazione Che Effettua  La Registrazione"
            } else {
                "Amministrazione Che Effettua La Registrazione"
            },
        ),
        Role::Assignee => ("Assegnatario", "Assegnatario"),
        Role::Addressee => ("Destinatario", "Destinatario"),
        Role::Sender => ("Mittente", "Mittente"),
        Role::Author => ("Autore", "Autore"),
        Role::Operator => ("Operatore", "Operatore"),
        Role::RecordsManager => (
            "ResponsabileGestioneDocumentale",
            if published {
                "Responsabile della Gestione  Documentale"
            } else {
                "Responsabile della Gestione Documentale"
            },
        ),
        Role::ProtocolManager => (
            "ResponsabileServizioProtocollo",
            if published {
                "Responsabile del Servizio di  Protocollo"
            } else {
                "Responsabile del Servizio di Protocollo"
            },
        ),
        Role::Producer => ("Produttore", "Produttore"),
        Role::ProceedingManager => ("RUP", "RUP"),
    }
}

fn party(x: &mut XmlWriter, role: Role, party: &Party) -> Result<(), Error> {
    match party {
        Party::Person(p) => {
            let element = match role {
                Role::Assignee => "AS",
                Role::ProceedingManager => "RUP",
                _ => "PF",
            };
            x.open(element, &[])?;
            person(x, p)?;
        }
        Party::Organisation { name, code, office, addresses } => {
            x.open("PG", &[])?;
            x.text("DenominazioneOrganizzazione", name)?;
            x.optional("CodiceFiscale_PartitaIva", code.as_deref())?;
            x.optional("DenominazioneUfficio", office.as_deref())?;
            address_list(x, addresses)?;
        }
        Party::Body { body, area, unit, addresses } => {
            x.open("PAI", &[])?;
            ipa(x, "IPAAmm", Some(body))?;
            ipa(x, "IPAAOO", Some(area))?;
            ipa(x, "IPAUOR", unit.as_ref())?;
            address_list(x, addresses)?;
        }
        Party::ForeignBody { name, office, addresses } => {
            x.open("PAE", &[])?;
            x.text("DenominazioneAmministrazione", name)?;
            x.optional("DenominazioneUfficio", office.as_deref())?;
            address_list(x, addresses)?;
        }
        Party::System(name) => {
            x.open("SW", &[])?;
            x.text("DenominazioneSistema", name)?;
        }
    }
    x.close()
}

fn person(x: &mut XmlWriter, p: &Person) -> Result<(), Error> {
    x.optional("Cognome", p.surname.as_deref())?;
    x.optional("Nome", p.given_name.as_deref())?;
    x.optional("CodiceFiscale", p.tax_code.as_deref())?;
    ipa(x, "IPAAmm", p.body.as_ref())?;
    ipa(x, "IPAAOO", p.area.as_ref())?;
    ipa(x, "IPAUOR", p.unit.as_ref())?;
    address_list(x, &p.addresses)
}

fn ipa(x: &mut XmlWriter, element: &str, ipa: Option<&Ipa>) -> Result<(), Error> {
    let Some(ipa) = ipa else { return Ok(()) };
    x.open(element, &[])?;
    x.text("Denominazione", &ipa.name)?;
    x.text("CodiceIPA", &ipa.code)?;
    x.close()
}

fn address_list(x: &mut XmlWriter, addresses: &[String]) -> Result<(), Error> {
    addresses.iter().try_for_each(|a| x.text("IndirizziDigitaliDiRiferimento", a))
}
