//! The AgID Allegato 5 record of an administrative document, from a short TOML sheet.
//!
//! The record (`DocumentoAmministrativoInformatico`, Linee guida AgID, Det. 407/2020 as amended by
//! 371/2021, Allegato 5) has eighteen elements in a fixed order. A clerk fills a TOML sheet with
//! Italian keys; what the files themselves tell (digest, name, format, attachments) is filled in
//! when the package is made. All that lacks is named together, each with its remedy ([`Problem`]).
//!
//! # The sheet
//!
//! The keys below are fixed. *M* is mandatory. Texts of blanks only count as missing; a key that is
//! not listed is refused, so that a slip of the pen cannot lose a field. Dates and times are TOML
//! values (`2026-03-12`, `21:45:00`) or the same in quotes.
//!
//! | key | | element of Allegato 5 |
//! |---|---|---|
//! | `versione_scheda` | | version of this sheet, `1` |
//! | `documento.identificativo` | M | IdDoc/Identificativo |
//! | `documento.segnatura` | M if `protocollo` | IdDoc/Segnatura |
//! | `documento.formazione` | M | ModalitaDiFormazione: `a`, `b`, `c`, `d` |
//! | `documento.tipologia` | M | TipologiaDocumentale |
//! | `documento.oggetto` | M | ChiaveDescrittiva/Oggetto |
//! | `documento.parole_chiave` | | ChiaveDescrittiva/ParoleChiave, at most five |
//! | `documento.riservato` | M | Riservato |
//! | `documento.nome` | | NomeDelDocumento; the first main file's name if absent |
//! | `documento.formato` | | IdentificativoDelFormato/Formato; by the file's extension if absent |
//! | `documento.versione` | M | VersioneDelDocumento; other than `1` needs `[modifica]` |
//! | `documento.conservazione_anni` | M | TempoDiConservazione, 1 to 9999, 9999 = permanent |
//! | `documento.note` | | Note |
//! | `software.nome`, `.versione`, `.produttore` | | IdentificativoDelFormato/ProdottoSoftware |
//! | `registrazione.flusso` | M | TipologiaDiFlusso: `E`, `U`, `I` |
//! | `registrazione.registro` | M | TipoRegistro: `protocollo`, `repertorio` |
//! | `registrazione.codice_registro` | M | CodiceRegistro |
//! | `registrazione.numero` | M | Numero…Documento; for `protocollo` seven digits or more |
//! | `registrazione.data`, `.ora` | M, – | Data…Documento, Ora…Documento |
//! | `classificazione.indice`, `.descrizione`, `.piano` | M, M, – | Classificazione |
//! | `[[aggregazione]]` `tipo`, `identificativo` | M, M | Agg/TipoAgg, one or more |
//! | `verifica.firmato`, `.sigillato`, `.marca_temporale`, `.copia_conforme` | M | Verifica |
//! | `[[soggetto]]` | M | Soggetti/Ruolo, see below |
//! | `[documento_primario]` `identificativo`, `sha256`, `segnatura` | | IdIdentificativoDocumentoPrimario |
//! | `[modifica]` `tipo`, `data`, `ora`, `cognome`, `nome`, `codice_fiscale`, `precedente` | | TracciatureModificheDocumento |
//! | `[[file]]` `nome`, `sha256`, `identificativo`, `descrizione` | | checks a file's digest; describes an attachment |
//! | `[pacchetto]` `identificativo` | | the package's own name; `PDV-` and the document's if absent |
//! | `[conservazione]` | | the agents of the archive package, see [`Preservation`] |
//!
//! A `[[soggetto]]` has `ruolo`: `amministrazione che effettua la registrazione`, `autore`,
//! `mittente`, `destinatario`, `assegnatario`, `operatore`, `responsabile gestione documentale`,
//! `responsabile servizio protocollo`, `produttore`, `rup`; for `autore`, `mittente` and
//! `destinatario` also `tipo`: `PF` (person), `PG` (organisation), `PAI` (Italian body), `PAE`
//! (foreign body). Then, as the kind needs: `cognome`, `nome`, `codice_fiscale`, `denominazione`,
//! `partita_iva`, `ufficio`, `ipa_amministrazione`, `ipa_aoo`, `ipa_uor` (each
//! `{ denominazione, codice }`), `indirizzi`, `sistema`.
//!
//! Agents of `[conservazione]` are `versatore` (one), `titolare` and `firmatario` (lists), each with
//! `denominazione` or `cognome` and `nome`, `codice_fiscale` or `partita_iva`, `documento` (the act
//! the role rests on; `documento_sha256` and `documento_uri` if it is at hand), and `ruolo` for the
//! two lists. `conservazione.norme` replaces the reference to the guidelines.
//!
//! # Example
//!
//! ```toml
#![doc = include_str!("esempio.toml")]
//! ```

mod agents;
mod check;
mod fields;
mod problem;
mod sheet;
mod template;
mod write;

pub use agents::parse_preservation;
pub(crate) use check::check as check_record;
pub use problem::Problem;
pub use sheet::parse;
pub use template::{TemplateFacts, template};
pub use write::{DocumentId, Spacing, WriteFacts, write};

/// The sample sheet of this module's page, complete and valid.
pub const EXAMPLE: &str = include_str!("esempio.toml");

/// How the document came to be (LG AgID §2.1.1, letters a to d).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Formation {
    /// a) made with software in the formats of Allegato 2.
    Creation,
    /// b) acquired by telematic means, or copied from paper.
    Acquisition,
    /// c) stored from transactions, forms, processes.
    Transaction,
    /// d) generated or grouped from data.
    Grouping,
}

/// The direction of the document (`TipologiaDiFlusso`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// `E`: incoming.
    Incoming,
    /// `U`: outgoing.
    Outgoing,
    /// `I`: internal, as minutes are.
    Internal,
}

/// Where the document is registered (`TipoRegistro`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Register {
    /// Ordinary or emergency protocol.
    Protocol,
    /// A repertory or other register.
    Repertory,
}

/// `DatiDiRegistrazione`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// Direction.
    pub flow: Flow,
    /// Kind of register.
    pub register: Register,
    /// Code of the register.
    pub code: String,
    /// Number in it.
    pub number: String,
    /// Date, `xs:date`.
    pub date: String,
    /// Time, `xs:time`.
    pub time: Option<String>,
}

/// An entry of the index of public bodies (`CodiceIPA`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ipa {
    /// Name of the body or office.
    pub name: String,
    /// Its code.
    pub code: String,
}

/// A person (`PF`), also inside `AS` and `RUP`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Person {
    /// Surname.
    pub surname: Option<String>,
    /// Given name.
    pub given_name: Option<String>,
    /// Codice fiscale, checked.
    pub tax_code: Option<String>,
    /// Body the person works for.
    pub body: Option<Ipa>,
    /// Homogeneous organisational area.
    pub area: Option<Ipa>,
    /// Organisational unit.
    pub unit: Option<Ipa>,
    /// Digital addresses.
    pub addresses: Vec<String>,
}

/// Who a role is held by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Party {
    /// `PF`: a person.
    Person(Person),
    /// `PG`: an organisation.
    Organisation {
        /// Name.
        name: String,
        /// Partita IVA or codice fiscale of eleven digits, checked.
        code: Option<String>,
        /// Office.
        office: Option<String>,
        /// Digital addresses.
        addresses: Vec<String>,
    },
    /// `PAI`: an Italian public body.
    Body {
        /// The body.
        body: Ipa,
        /// Its area.
        area: Ipa,
        /// Its unit.
        unit: Option<Ipa>,
        /// Digital addresses, at least one.
        addresses: Vec<String>,
    },
    /// `PAE`: a foreign public body.
    ForeignBody {
        /// Name.
        name: String,
        /// Office.
        office: Option<String>,
        /// Digital addresses, at least one.
        addresses: Vec<String>,
    },
    /// `SW`: a system.
    System(String),
}

/// The role of a subject (`Ruolo`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The body that registers the document.
    Registrar,
    /// Who the document is assigned to.
    Assignee,
    /// Addressee.
    Addressee,
    /// Sender.
    Sender,
    /// Author.
    Author,
    /// Operator.
    Operator,
    /// Head of records management.
    RecordsManager,
    /// Head of the protocol service.
    ProtocolManager,
    /// The system that produced the document.
    Producer,
    /// Head of the proceeding.
    ProceedingManager,
}

/// One subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Its role.
    pub role: Role,
    /// Who it is.
    pub party: Party,
}

/// `Classificazione`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Classification {
    /// Index in the plan.
    pub index: String,
    /// Its words.
    pub description: String,
    /// The plan itself.
    pub plan: Option<String>,
}

/// Kind of aggregation (`TipoAggregazione`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AggregationKind {
    /// `Fascicolo`.
    File,
    /// `Serie Documentale`.
    Series,
    /// `Serie Di Fascicoli`.
    FileSeries,
}

/// An aggregation the document belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aggregation {
    /// Its kind.
    pub kind: AggregationKind,
    /// Its identifier.
    pub identifier: String,
}

/// `Verifica`: what the document carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checks {
    /// Digitally signed.
    pub signed: bool,
    /// Electronically sealed.
    pub sealed: bool,
    /// Time-stamped.
    pub timestamped: bool,
    /// A certified image copy.
    pub certified_copy: bool,
}

/// `ProdottoSoftware`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Software {
    /// Product.
    pub name: Option<String>,
    /// Version.
    pub version: Option<String>,
    /// Maker.
    pub producer: Option<String>,
}

/// A reference to another document, with its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentRef {
    /// Its identifier.
    pub identifier: String,
    /// SHA-256 of it.
    pub sha256: Vec<u8>,
    /// Its protocol mark.
    pub mark: Option<String>,
}

/// `TracciatureModificheDocumento`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// `Annullamento`, `Rettifica`, `Integrazione`, `Annotazione`.
    pub kind: &'static str,
    /// Who made the change.
    pub author: Person,
    /// Date, `xs:date`.
    pub date: String,
    /// Time, `xs:time`.
    pub time: Option<String>,
    /// The version before.
    pub previous: DocumentRef,
}

/// What the sheet says of one file (`[[file]]`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileNote {
    /// The file's name, without folders.
    pub name: String,
    /// The SHA-256 it must have.
    pub sha256: Option<Vec<u8>>,
    /// Its identifier, for attachments.
    pub identifier: Option<String>,
    /// Its description, for attachments.
    pub description: Option<String>,
}

/// An agent of the archive package (UNI 11386:2020 `Process`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// Who it is.
    pub name: AgentName,
    /// `AgentID` values with their semantics prefix, such as `TINIT-…` (ETSI EN 319 412-1 §5.1.3)
    /// or `CF:IT-…`.
    pub identifiers: Vec<String>,
    /// `signerRole` or `holderRole`.
    pub role: Option<String>,
    /// The act the role rests on (`RelevantDocument`).
    pub document: String,
    /// SHA-256 of that act, lowercase hex.
    pub document_sha256: Option<String>,
    /// Where that act is.
    pub document_uri: Option<String>,
}

/// The name of an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AgentName {
    /// A natural person.
    Person {
        /// Surname.
        surname: String,
        /// Given name.
        given_name: String,
    },
    /// A legal person.
    Organisation(String),
}

/// The agents of the archive package: the `[conservazione]` section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preservation {
    /// Who hands the package in (`versatore`).
    pub submitter: Agent,
    /// Who the documents belong to (`titolare`), one or more.
    pub holders: Vec<Agent>,
    /// Who signs the index (`firmatario`), one or more.
    pub signers: Vec<Agent>,
    /// `LawsAndRegulations`.
    pub laws: String,
}

/// A complete, checked sheet. Made by [`parse`] only.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metadata {
    /// `IdDoc/Identificativo`.
    pub identifier: String,
    /// `IdDoc/Segnatura`.
    pub mark: Option<String>,
    /// `ModalitaDiFormazione`.
    pub formation: Formation,
    /// `TipologiaDocumentale`.
    pub document_type: String,
    /// `DatiDiRegistrazione`.
    pub registration: Registration,
    /// `Soggetti`.
    pub subjects: Vec<Subject>,
    /// `ChiaveDescrittiva/Oggetto`.
    pub title: String,
    /// `ChiaveDescrittiva/ParoleChiave`.
    pub keywords: Vec<String>,
    /// `Classificazione`.
    pub classification: Classification,
    /// `Riservato`.
    pub reserved: bool,
    /// `IdentificativoDelFormato/Formato`, if the sheet gives it.
    pub format: Option<String>,
    /// `IdentificativoDelFormato/ProdottoSoftware`.
    pub software: Software,
    /// `Verifica`.
    pub checks: Checks,
    /// `Agg`.
    pub aggregations: Vec<Aggregation>,
    /// `IdIdentificativoDocumentoPrimario`.
    pub primary: Option<DocumentRef>,
    /// `NomeDelDocumento`, if the sheet gives it.
    pub name: Option<String>,
    /// `VersioneDelDocumento`.
    pub version: String,
    /// `TracciatureModificheDocumento`.
    pub change: Option<Change>,
    /// `TempoDiConservazione`, years; 9999 = permanent.
    pub retention_years: u16,
    /// `Note`.
    pub note: Option<String>,
    /// What the sheet says of single files.
    pub files: Vec<FileNote>,
    /// The package's own identifier, if the sheet gives one.
    pub package_identifier: Option<String>,
    /// The agents of the archive package, if the sheet names them.
    pub preservation: Option<Preservation>,
    /// What is allowed but unusual, to be shown.
    pub warnings: Vec<Problem>,
    /// The sheet as given; it is kept in the package.
    pub source: String,
}
