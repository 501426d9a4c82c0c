//! The TOML sheet as a whole, and the rules between its fields.

use super::agents::preservation_section;
use super::fields::{Fix, Reader, Section, read_toml};
use super::{
    Aggregation, AggregationKind, Change, Checks, Classification, DocumentRef, FileNote, Flow,
    Formation, Metadata, Person, Problem, Register, Registration, Role, Software, Subject,
};
use crate::Error;
use archive::names::check_component;

const ROOT_KEYS: &[&str] = &[
    "versione_scheda",
    "documento",
    "software",
    "registrazione",
    "classificazione",
    "aggregazione",
    "verifica",
    "soggetto",
    "documento_primario",
    "modifica",
    "file",
    "pacchetto",
    "conservazione",
];

/// Reads and checks a whole sheet.
///
/// ```
/// use ceralacca_preservation::{Error, metadata};
///
/// assert!(metadata::parse(metadata::EXAMPLE).is_ok());
/// let Err(Error::Metadata { problems }) = metadata::parse("[documento]\noggetto = \"Seduta\"")
/// else {
///     panic!("almost everything lacks");
/// };
/// assert!(problems.iter().any(|p| p.key == "documento.tipologia"
///     && p.message.it.starts_with("Manca il campo obbligatorio")));
/// ```
///
/// # Errors
/// [`Error::Metadata`] with *everything* missing or wrong; [`Error::Limit`] for a sheet larger than
/// [`crate::Limits::sheet_bytes`].
pub fn parse(text: &str) -> Result<Metadata, Error> {
    let table = read_toml(text)?;
    let mut reader = Reader::default();
    let root = Section::root(&table);
    let mut metadata = reader.sheet(&root);
    if let Some(metadata) = &mut metadata {
        metadata.source = text.to_owned();
        metadata.warnings = std::mem::take(&mut reader.warnings);
    }
    reader.finish(metadata)
}

impl Reader {
    fn sheet(&mut self, root: &Section<'_>) -> Option<Metadata> {
        self.refuse_unknown(root, ROOT_KEYS);
        if let Some(version) = self.optional(root, "versione_scheda", "TOML")
            && version != "1"
        {
            self.wrong(
                root,
                "versione_scheda",
                "TOML",
                &version,
                (
                    "questa versione del programma legge la versione 1 della scheda",
                    "this version of the program reads version 1 of the sheet",
                ),
            );
        }
        // Every part is read before any `?`, so that all problems are found in one go.
        let document = self.document(root);
        let software = self.software(root);
        let registration = self.registration(root);
        let classification = self.classification(root);
        let aggregations = self.aggregations(root);
        let checks = self.checks(root);
        let subjects = self.subjects(root);
        let primary = self.document_ref(root, "documento_primario");
        let change = self.change(root);
        let files = self.files(root);
        let package = self.section(root, "pacchetto", &["identificativo"]);
        let package_identifier = self.optional(&package, "identificativo", "PdV");
        let section = preservation_section(self, root);
        let preservation = if section.is_present() { self.preservation(&section) } else { None };

        self.rules(
            root,
            document.as_ref(),
            registration.as_ref(),
            subjects.as_deref(),
            change.is_some(),
        );
        let document = document?;
        Some(Metadata {
            identifier: document.identifier,
            mark: document.mark,
            formation: document.formation,
            document_type: document.document_type,
            registration: registration?,
            subjects: subjects?,
            title: document.title,
            keywords: document.keywords,
            classification: classification?,
            reserved: document.reserved,
            format: document.format,
            software,
            checks: checks?,
            aggregations: aggregations?,
            primary,
            name: document.name,
            version: document.version,
            change,
            retention_years: document.retention_years,
            note: document.note,
            files,
            package_identifier,
            preservation,
            warnings: Vec::new(),
            source: String::new(),
        })
    }

    fn document(&mut self, root: &Section<'_>) -> Option<Document> {
        let s = self.section(
            root,
            "documento",
            &[
                "identificativo",
                "segnatura",
                "formazione",
                "tipologia",
                "oggetto",
                "parole_chiave",
                "riservato",
                "nome",
                "formato",
                "versione",
                "conservazione_anni",
                "note",
            ],
        );
        let identifier = self.text(
            &s,
            "identificativo",
            "IdDoc/Identificativo",
            (
                "scrivere l'identificativo univoco e persistente del documento, come \"VCC-2026-0012\"",
                "write the unique and lasting identifier of the document, such as \"VCC-2026-0012\"",
            ),
        );
        let mark = self.optional(&s, "segnatura", "IdDoc/Segnatura");
        let formation = self.choice(
            &s,
            "formazione",
            "ModalitaDiFormazione",
            &[
                ("a", Formation::Creation),
                ("b", Formation::Acquisition),
                ("c", Formation::Transaction),
                ("d", Formation::Grouping),
            ],
            (
                "scegliere a (creato con strumenti software), b (acquisito), c (transazioni e moduli) o d (raggruppamento di dati)",
                "choose a (created with software), b (acquired), c (transactions and forms) or d (grouping of data)",
            ),
        );
        let document_type = self.text(
            &s,
            "tipologia",
            "TipologiaDocumentale",
            (
                "scrivere la tipologia, come \"verbale\" o \"delibera\"",
                "write the kind of document, such as \"verbale\" or \"delibera\"",
            ),
        );
        let title = self.text(
            &s,
            "oggetto",
            "ChiaveDescrittiva/Oggetto",
            (
                "scrivere l'oggetto, come \"Seduta del Consiglio comunale del 12 marzo 2026\"",
                "write the subject, such as \"Seduta del Consiglio comunale del 12 marzo 2026\"",
            ),
        );
        let keywords = self.list(&s, "parole_chiave", "ChiaveDescrittiva/ParoleChiave");
        if keywords.len() > 5 {
            self.wrong(
                &s,
                "parole_chiave",
                "ChiaveDescrittiva/ParoleChiave",
                &keywords.len().to_string(),
                ("lasciarne al massimo cinque", "keep at most five"),
            );
        }
        let reserved = self.boolean(&s, "riservato", "Riservato");
        let name = self.optional(&s, "nome", "NomeDelDocumento");
        let format = self.optional(&s, "formato", "IdentificativoDelFormato/Formato");
        let version = self.text(
            &s,
            "versione",
            "VersioneDelDocumento",
            ("scrivere \"1\" per la prima versione", "write \"1\" for the first version"),
        );
        let retention_years = self.retention(&s);
        let note = self.optional(&s, "note", "Note");
        Some(Document {
            identifier: identifier?,
            mark,
            formation: formation?,
            document_type: document_type?,
            title: title?,
            keywords,
            reserved: reserved?,
            name,
            format,
            version: version?,
            retention_years: retention_years?,
            note,
        })
    }

    fn retention(&mut self, s: &Section<'_>) -> Option<u16> {
        const FIX: Fix = (
            "scrivere gli anni da 1 a 9999; 9999 = conservazione permanente (verbali e delibere)",
            "write the years, 1 to 9999; 9999 = permanent (minutes and deliberations)",
        );
        let text = self.text(s, "conservazione_anni", "TempoDiConservazione", FIX)?;
        let years = text.parse().ok().filter(|y| (1..=9999).contains(y));
        if years.is_none() {
            self.wrong(s, "conservazione_anni", "TempoDiConservazione", &text, FIX);
        }
        years
    }

    fn software(&mut self, root: &Section<'_>) -> Software {
        let s = self.section(root, "software", &["nome", "versione", "produttore"]);
        let element = "IdentificativoDelFormato/ProdottoSoftware";
        Software {
            name: self.optional(&s, "nome", element),
            version: self.optional(&s, "versione", element),
            producer: self.optional(&s, "produttore", element),
        }
    }

    fn registration(&mut self, root: &Section<'_>) -> Option<Registration> {
        let s = self.section(
            root,
            "registrazione",
            &["flusso", "registro", "codice_registro", "numero", "data", "ora"],
        );
        let flow = self.choice(
            &s,
            "flusso",
            "DatiDiRegistrazione/TipologiaDiFlusso",
            &[("E", Flow::Incoming), ("U", Flow::Outgoing), ("I", Flow::Internal)],
            (
                "scegliere E (entrata), U (uscita) o I (interno, come i verbali)",
                "choose E (incoming), U (outgoing) or I (internal, as minutes are)",
            ),
        );
        let register = self.choice(
            &s,
            "registro",
            "DatiDiRegistrazione/TipoRegistro",
            &[("protocollo", Register::Protocol), ("repertorio", Register::Repertory)],
            (
                "scegliere protocollo oppure repertorio (repertorio o altro registro)",
                "choose protocollo, or repertorio (repertory or other register)",
            ),
        );
        let code_fix = (
            "scrivere il codice del registro: da 1 a 16 tra lettere, cifre, punto, trattino e sottolineatura",
            "write the register's code: 1 to 16 letters, digits, dots, hyphens and underscores",
        );
        let element = "DatiDiRegistrazione/TipoRegistro/CodiceRegistro";
        let code = self.text(&s, "codice_registro", element, code_fix);
        let code = code.filter(|code| {
            let fits = code.len() <= 16
                && code
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'));
            if !fits {
                self.wrong(&s, "codice_registro", element, code, code_fix);
            }
            fits
        });
        let element = "DatiDiRegistrazione/TipoRegistro/Numero…Documento";
        let number = self.text(
            &s,
            "numero",
            element,
            (
                "scrivere il numero di registrazione tra virgolette",
                "write the registration number in quotes",
            ),
        );
        if let (Some(Register::Protocol), Some(number)) = (register, &number)
            && (number.len() < 7 || !number.bytes().all(|b| b.is_ascii_digit()))
        {
            self.wrong(
                &s,
                "numero",
                element,
                number,
                (
                    "il numero di protocollo ha almeno 7 cifre: completare con zeri iniziali, come \"0000123\"",
                    "a protocol number has at least 7 digits: fill with leading zeros, such as \"0000123\"",
                ),
            );
        }
        let date = self.date(&s, "data", "DatiDiRegistrazione/TipoRegistro/Data…Documento");
        let time = self.time(&s, "ora", "DatiDiRegistrazione/TipoRegistro/Ora…Documento");
        Some(Registration {
            flow: flow?,
            register: register?,
            code: code?,
            number: number?,
            date: date?,
            time,
        })
    }

    fn classification(&mut self, root: &Section<'_>) -> Option<Classification> {
        let s = self.section(root, "classificazione", &["indice", "descrizione", "piano"]);
        let index = self.text(
            &s,
            "indice",
            "Classificazione/IndiceDiClassificazione",
            (
                "scrivere l'indice del titolario, come \"2.3\"",
                "write the index of the filing plan, such as \"2.3\"",
            ),
        );
        let description = self.text(
            &s,
            "descrizione",
            "Classificazione/Descrizione",
            (
                "scrivere la descrizione della voce, come \"Consiglio comunale\"",
                "write the words of the entry, such as \"Consiglio comunale\"",
            ),
        );
        let plan = self.optional(&s, "piano", "Classificazione/PianoDiClassificazione");
        Some(Classification { index: index?, description: description?, plan })
    }

    fn aggregations(&mut self, root: &Section<'_>) -> Option<Vec<Aggregation>> {
        let sections = self.sections(root, "aggregazione", &["tipo", "identificativo"]);
        if sections.is_empty() {
            self.missing(
                root,
                "aggregazione",
                "Agg/TipoAgg",
                (
                    "aggiungere una sezione [[aggregazione]] con tipo (fascicolo, serie documentale, serie di fascicoli) e identificativo",
                    "add a section [[aggregazione]] with tipo (fascicolo, serie documentale, serie di fascicoli) and identificativo",
                ),
            );
            return None;
        }
        let read: Vec<_> = sections
            .iter()
            .map(|s| {
                let kind = self.choice(
                    s,
                    "tipo",
                    "Agg/TipoAgg/TipoAggregazione",
                    &[
                        ("fascicolo", AggregationKind::File),
                        ("serie documentale", AggregationKind::Series),
                        ("serie di fascicoli", AggregationKind::FileSeries),
                    ],
                    (
                        "scegliere fascicolo, serie documentale o serie di fascicoli",
                        "choose fascicolo, serie documentale or serie di fascicoli",
                    ),
                );
                let identifier = self.text(
                    s,
                    "identificativo",
                    "Agg/TipoAgg/IdAggregazione",
                    (
                        "scrivere l'identificativo del fascicolo o della serie",
                        "write the identifier of the file or series",
                    ),
                );
                Some(Aggregation { kind: kind?, identifier: identifier? })
            })
            .collect();
        read.into_iter().collect()
    }

    fn checks(&mut self, root: &Section<'_>) -> Option<Checks> {
        let s = self.section(
            root,
            "verifica",
            &["firmato", "sigillato", "marca_temporale", "copia_conforme"],
        );
        let signed = self.boolean(&s, "firmato", "Verifica/FirmatoDigitalmente");
        let sealed = self.boolean(&s, "sigillato", "Verifica/SigillatoElettronicamente");
        let timestamped = self.boolean(&s, "marca_temporale", "Verifica/MarcaturaTemporale");
        let certified_copy = self.boolean(
            &s,
            "copia_conforme",
            "Verifica/ConformitaCopieImmagineSuSupportoInformatico",
        );
        Some(Checks {
            signed: signed?,
            sealed: sealed?,
            timestamped: timestamped?,
            certified_copy: certified_copy?,
        })
    }

    fn document_ref(&mut self, root: &Section<'_>, name: &str) -> Option<DocumentRef> {
        let s = self.section(root, name, &["identificativo", "sha256", "segnatura"]);
        if !s.is_present() {
            return None;
        }
        let identifier = self.text(
            &s,
            "identificativo",
            "IdDoc/Identificativo",
            (
                "scrivere l'identificativo di quel documento",
                "write the identifier of that document",
            ),
        );
        let before = self.problems.len();
        let sha256 = self.sha256(&s, "sha256", "IdDoc/Impronta");
        if sha256.is_none() && self.problems.len() == before {
            self.missing(
                &s,
                "sha256",
                "IdDoc/Impronta",
                (
                    "scrivere l'impronta SHA-256 di quel documento",
                    "write the SHA-256 digest of that document",
                ),
            );
        }
        let mark = self.optional(&s, "segnatura", "IdDoc/Segnatura");
        Some(DocumentRef { identifier: identifier?, sha256: sha256?, mark })
    }

    fn change(&mut self, root: &Section<'_>) -> Option<Change> {
        let s = self.section(
            root,
            "modifica",
            &["tipo", "data", "ora", "cognome", "nome", "codice_fiscale", "precedente"],
        );
        if !s.is_present() {
            return None;
        }
        let kind = self.choice(
            &s,
            "tipo",
            "TracciatureModificheDocumento/TipoModifica",
            &[
                ("annullamento", "Annullamento"),
                ("rettifica", "Rettifica"),
                ("integrazione", "Integrazione"),
                ("annotazione", "Annotazione"),
            ],
            (
                "scegliere annullamento, rettifica, integrazione o annotazione",
                "choose annullamento, rettifica, integrazione or annotazione",
            ),
        );
        let element = "TracciatureModificheDocumento/SoggettoAutoreDellaModifica";
        let surname = self.surname(&s, element);
        let given_name = self.given_name(&s, element);
        let tax_code = self.tax_code(&s, element);
        let date = self.date(&s, "data", "TracciatureModificheDocumento/DataModifica");
        let time = self.time(&s, "ora", "TracciatureModificheDocumento/OraModifica");
        let previous = self.document_ref(&s, "precedente");
        if previous.is_none()
            && !self.problems.iter().any(|p| p.key.starts_with("modifica.precedente"))
        {
            self.missing(
                &s,
                "precedente",
                "TracciatureModificheDocumento/IdDocVersionePrecedente",
                (
                    "scrivere { identificativo = \"…\", sha256 = \"…\" } della versione precedente",
                    "write { identificativo = \"…\", sha256 = \"…\" } of the version before",
                ),
            );
        }
        Some(Change {
            kind: kind?,
            author: Person {
                surname: Some(surname?),
                given_name: Some(given_name?),
                tax_code,
                ..Person::default()
            },
            date: date?,
            time,
            previous: previous?,
        })
    }

    fn files(&mut self, root: &Section<'_>) -> Vec<FileNote> {
        let sections =
            self.sections(root, "file", &["nome", "sha256", "identificativo", "descrizione"]);
        let mut notes: Vec<FileNote> = Vec::new();
        for s in &sections {
            let fix = (
                "scrivere il nome del file, senza cartelle",
                "write the file's name, without folders",
            );
            let name = self.text(s, "nome", "NomeDelDocumento", fix);
            let sha256 = self.sha256(s, "sha256", "IdDoc/Impronta");
            let identifier = self.optional(s, "identificativo", "Allegati/IndiceAllegati/IdDoc");
            let description =
                self.optional(s, "descrizione", "Allegati/IndiceAllegati/Descrizione");
            let Some(name) = name else { continue };
            if check_component(&name).is_err() {
                self.wrong(s, "nome", "NomeDelDocumento", &name, fix);
            }
            if notes.iter().any(|n| n.name == name) {
                self.wrong(
                    s,
                    "nome",
                    "NomeDelDocumento",
                    &name,
                    (
                        "lasciare una sola sezione [[file]] per ogni file",
                        "keep one section [[file]] for each file",
                    ),
                );
            }
            notes.push(FileNote { name, sha256, identifier, description });
        }
        notes
    }

    /// The rules of Allegato 5 between fields.
    fn rules(
        &mut self,
        root: &Section<'_>,
        document: Option<&Document>,
        registration: Option<&Registration>,
        subjects: Option<&[Subject]>,
        has_change: bool,
    ) {
        if let (Some(document), Some(registration)) = (document, registration)
            && registration.register == Register::Protocol
            && document.mark.is_none()
        {
            self.problems.push(Problem::missing(
                "documento.segnatura",
                "IdDoc/Segnatura",
                (
                    "un documento protocollato ha la segnatura: scriverla come appare sul protocollo",
                    "a document in the protocol has its mark: write it as the protocol shows it",
                ),
            ));
        }
        if let Some(document) = document
            && document.version != "1"
            && !has_change
            && !self.problems.iter().any(|p| p.key.starts_with("modifica"))
        {
            self.problems.push(Problem::missing(
                "modifica",
                "TracciatureModificheDocumento",
                (
                    "una versione successiva alla prima esige la sezione [modifica] con tipo, autore, data e versione precedente",
                    "a version after the first demands the section [modifica] with kind, author, date and the version before",
                ),
            ));
        }
        // Roles can only be judged once every subject could be read.
        let Some(subjects) = subjects else { return };
        let has = |role: Role| subjects.iter().any(|s| s.role == role);
        if !has(Role::Registrar) {
            self.missing(
                root,
                "soggetto",
                "Soggetti/Ruolo/AmministrazioneCheEffettuaLaRegistrazione",
                (
                    "aggiungere una sezione [[soggetto]] con ruolo = \"amministrazione che effettua la registrazione\"",
                    "add a section [[soggetto]] with ruolo = \"amministrazione che effettua la registrazione\"",
                ),
            );
        }
        if !has(Role::Author) && !has(Role::Sender) {
            self.missing(
                root,
                "soggetto",
                "Soggetti/Ruolo/Autore o Mittente",
                (
                    "aggiungere una sezione [[soggetto]] con ruolo = \"autore\" (o \"mittente\")",
                    "add a section [[soggetto]] with ruolo = \"autore\" (or \"mittente\")",
                ),
            );
        }
        let Some(registration) = registration else {
            return;
        };
        let (role, word) = match registration.flow {
            Flow::Incoming => (Role::Sender, "mittente"),
            Flow::Outgoing => (Role::Addressee, "destinatario"),
            Flow::Internal => return,
        };
        if !has(role) {
            self.warnings.push(Problem::rule(
                "soggetto",
                "Soggetti/Ruolo",
                (
                    &format!("Il flusso fa attendere un soggetto con ruolo {word}, che manca."),
                    &format!("The direction lets one expect a subject with role {word}, which is missing."),
                ),
                (
                    "aggiungerlo, se c'è",
                    "add it if there is one",
                ),
            ));
        }
    }
}

/// The `[documento]` section.
struct Document {
    identifier: String,
    mark: Option<String>,
    formation: Formation,
    document_type: String,
    title: String,
    keywords: Vec<String>,
    reserved: bool,
    name: Option<String>,
    format: Option<String>,
    version: String,
    retention_years: u16,
    note: Option<String>,
}
