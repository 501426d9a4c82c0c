//! People and bodies in the sheet: the subjects of Allegato 5 and the agents of UNI 11386.

use super::fields::{Fix, Reader, Section, read_toml};
use super::{Agent, AgentName, Party, Person, Preservation, Role, Subject};
use crate::Error;
use crate::digest::hex;
use crate::fiscal::{is_codice_fiscale, is_partita_iva};

/// The guidelines an archive package rests on when the sheet names no others.
const DEFAULT_LAWS: &str = "Linee guida AgID sulla formazione, gestione e conservazione dei documenti informatici (Det. 407/2020, mod. 371/2021)";

const ROLES: &[(&str, Role)] = &[
    ("amministrazione che effettua la registrazione", Role::Registrar),
    ("autore", Role::Author),
    ("mittente", Role::Sender),
    ("destinatario", Role::Addressee),
    ("assegnatario", Role::Assignee),
    ("operatore", Role::Operator),
    ("responsabile gestione documentale", Role::RecordsManager),
    ("responsabile servizio protocollo", Role::ProtocolManager),
    ("produttore", Role::Producer),
    ("rup", Role::ProceedingManager),
];

const SUBJECT_KEYS: &[&str] = &[
    "ruolo",
    "tipo",
    "cognome",
    "nome",
    "codice_fiscale",
    "denominazione",
    "partita_iva",
    "ufficio",
    "ipa_amministrazione",
    "ipa_aoo",
    "ipa_uor",
    "indirizzi",
    "sistema",
];

const AGENT_KEYS: &[&str] = &[
    "ruolo",
    "denominazione",
    "cognome",
    "nome",
    "codice_fiscale",
    "partita_iva",
    "documento",
    "documento_sha256",
    "documento_uri",
];

const TAX_CODE_FIX: Fix = (
    "controllare il codice fiscale carattere per carattere: l'ultimo è di controllo",
    "check the tax code character by character: the last one is a check",
);

#[derive(Clone, Copy)]
enum PartyKind {
    Person,
    Organisation,
    Body,
    ForeignBody,
}

/// Reads only the `[conservazione]` section, of a full sheet or of one that has nothing else.
///
/// # Errors
/// As [`super::parse`]; without the section each of its mandatory fields is named.
pub fn parse_preservation(text: &str) -> Result<Preservation, Error> {
    let table = read_toml(text)?;
    let mut reader = Reader::default();
    let section = preservation_section(&mut reader, &Section::root(&table));
    let preservation = reader.preservation(&section);
    reader.finish(preservation)
}

pub(super) fn preservation_section<'a>(reader: &mut Reader, root: &Section<'a>) -> Section<'a> {
    reader.section(root, "conservazione", &["versatore", "titolare", "firmatario", "norme"])
}

impl Reader {
    /// All `[[soggetto]]` sections.
    pub(super) fn subjects(&mut self, root: &Section<'_>) -> Option<Vec<Subject>> {
        let sections = self.sections(root, "soggetto", SUBJECT_KEYS);
        let read: Vec<_> = sections.iter().map(|s| self.subject(s)).collect();
        read.into_iter().collect()
    }

    fn subject(&mut self, s: &Section<'_>) -> Option<Subject> {
        let role = self.choice(
            s,
            "ruolo",
            "Soggetti/Ruolo",
            ROLES,
            (
                "scegliere tra: amministrazione che effettua la registrazione, autore, mittente, destinatario, assegnatario, operatore, responsabile gestione documentale, responsabile servizio protocollo, produttore, rup",
                "choose one of: amministrazione che effettua la registrazione, autore, mittente, destinatario, assegnatario, operatore, responsabile gestione documentale, responsabile servizio protocollo, produttore, rup",
            ),
        )?;
        let party = match role {
            Role::Registrar => self.body(s),
            Role::Author | Role::Sender | Role::Addressee => {
                let kind = self.choice(
                    s,
                    "tipo",
                    "Soggetti/Ruolo",
                    &[
                        ("PF", PartyKind::Person),
                        ("PG", PartyKind::Organisation),
                        ("PAI", PartyKind::Body),
                        ("PAE", PartyKind::ForeignBody),
                    ],
                    (
                        "scegliere PF (persona), PG (organizzazione), PAI (amministrazione italiana) o PAE (estera)",
                        "choose PF (person), PG (organisation), PAI (Italian body) or PAE (foreign body)",
                    ),
                )?;
                match kind {
                    PartyKind::Person => self.person(s, Names::Mandatory, false).map(Party::Person),
                    PartyKind::Organisation => self.organisation(s),
                    PartyKind::Body => self.body(s),
                    PartyKind::ForeignBody => self.foreign_body(s),
                }
            }
            Role::Operator | Role::RecordsManager | Role::ProtocolManager => {
                self.person(s, Names::Mandatory, false).map(Party::Person)
            }
            // AS: names optional, all three IPA entries and an address mandatory.
            Role::Assignee => self.person(s, Names::Optional, true).map(Party::Person),
            Role::ProceedingManager => self.person(s, Names::Mandatory, true).map(Party::Person),
            Role::Producer => self
                .text(
                    s,
                    "sistema",
                    "Soggetti/Ruolo/Produttore/SW/DenominazioneSistema",
                    (
                        "scrivere il nome del sistema che ha prodotto il documento",
                        "write the name of the system that produced the document",
                    ),
                )
                .map(Party::System),
        }?;
        Some(Subject { role, party })
    }

    fn person(&mut self, s: &Section<'_>, names: Names, offices: bool) -> Option<Person> {
        let (surname, given_name) = match names {
            Names::Mandatory => (
                Some(self.surname(s, "Soggetti/Ruolo/PF/Cognome")),
                Some(self.given_name(s, "Soggetti/Ruolo/PF/Nome")),
            ),
            Names::Optional => (None, None),
        };
        // Mandatory and missing is already a problem; the record is abandoned then.
        let surname = match surname {
            Some(found) => Some(found?),
            None => self.optional(s, "cognome", "Soggetti/Ruolo/AS/Cognome"),
        };
        let given_name = match given_name {
            Some(found) => Some(found?),
            None => self.optional(s, "nome", "Soggetti/Ruolo/AS/Nome"),
        };
        let tax_code = self.tax_code(s, "Soggetti/Ruolo/PF/CodiceFiscale");
        let body = self.ipa(s, "ipa_amministrazione", "Soggetti/Ruolo/IPAAmm", offices);
        let area = self.ipa(s, "ipa_aoo", "Soggetti/Ruolo/IPAAOO", offices);
        let unit = self.ipa(s, "ipa_uor", "Soggetti/Ruolo/IPAUOR", offices);
        let addresses = self.addresses(s, offices);
        Some(Person { surname, given_name, tax_code, body, area, unit, addresses })
    }

    pub(super) fn surname(&mut self, s: &Section<'_>, element: &'static str) -> Option<String> {
        self.text(s, "cognome", element, ("scrivere il cognome", "write the surname"))
    }

    pub(super) fn given_name(&mut self, s: &Section<'_>, element: &'static str) -> Option<String> {
        self.text(s, "nome", element, ("scrivere il nome", "write the given name"))
    }

    /// A personal codice fiscale, if present; a wrong one is a problem.
    pub(super) fn tax_code(&mut self, s: &Section<'_>, element: &'static str) -> Option<String> {
        let code = self.optional(s, "codice_fiscale", element)?;
        let code = code.to_ascii_uppercase();
        if is_codice_fiscale(&code) {
            return Some(code);
        }
        self.wrong(s, "codice_fiscale", element, &code, TAX_CODE_FIX);
        None
    }

    fn organisation(&mut self, s: &Section<'_>) -> Option<Party> {
        let name = self.denomination(s, "Soggetti/Ruolo/PG/DenominazioneOrganizzazione");
        let element = "Soggetti/Ruolo/PG/CodiceFiscale_PartitaIva";
        let code = self.body_code(s, "partita_iva", element);
        let code = code.or_else(|| self.body_code(s, "codice_fiscale", element));
        let office = self.optional(s, "ufficio", "Soggetti/Ruolo/PG/DenominazioneUfficio");
        let addresses = self.addresses(s, false);
        Some(Party::Organisation { name: name?, code, office, addresses })
    }

    fn body(&mut self, s: &Section<'_>) -> Option<Party> {
        let body = self.ipa(s, "ipa_amministrazione", "Soggetti/Ruolo/PAI/IPAAmm", true);
        let area = self.ipa(s, "ipa_aoo", "Soggetti/Ruolo/PAI/IPAAOO", true);
        let unit = self.ipa(s, "ipa_uor", "Soggetti/Ruolo/PAI/IPAUOR", false);
        let addresses = self.addresses(s, true);
        Some(Party::Body { body: body?, area: area?, unit, addresses })
    }

    fn foreign_body(&mut self, s: &Section<'_>) -> Option<Party> {
        let name = self.denomination(s, "Soggetti/Ruolo/PAE/DenominazioneAmministrazione");
        let office = self.optional(s, "ufficio", "Soggetti/Ruolo/PAE/DenominazioneUfficio");
        let addresses = self.addresses(s, true);
        Some(Party::ForeignBody { name: name?, office, addresses })
    }

    fn denomination(&mut self, s: &Section<'_>, element: &'static str) -> Option<String> {
        self.text(
            s,
            "denominazione",
            element,
            (
                "scrivere il nome dell'ente o dell'organizzazione",
                "write the name of the body or organisation",
            ),
        )
    }

    /// An eleven-digit code, if present.
    fn body_code(&mut self, s: &Section<'_>, name: &str, element: &'static str) -> Option<String> {
        let code = self.optional(s, name, element)?;
        if is_partita_iva(&code) {
            return Some(code);
        }
        self.wrong(
            s,
            name,
            element,
            &code,
            (
                "scrivere le 11 cifre tra virgolette e controllarle: l'ultima è di controllo",
                "write the 11 digits in quotes and check them: the last one is a check",
            ),
        );
        None
    }

    fn addresses(&mut self, s: &Section<'_>, mandatory: bool) -> Vec<String> {
        let element = "Soggetti/Ruolo/IndirizziDigitaliDiRiferimento";
        let before = self.problems.len();
        let list = self.list(s, "indirizzi", element);
        if mandatory && list.is_empty() && self.problems.len() == before {
            self.missing(
                s,
                "indirizzi",
                element,
                (
                    "scrivere almeno un indirizzo digitale, come [\"protocollo@pec.comune.esempio.it\"]",
                    "write at least one digital address, such as [\"protocollo@pec.comune.esempio.it\"]",
                ),
            );
        }
        list
    }

    /// The `[conservazione]` section.
    pub(super) fn preservation(&mut self, s: &Section<'_>) -> Option<Preservation> {
        let submitter = self.section(s, "versatore", AGENT_KEYS);
        let submitter = self.agent(&submitter, "PIndex/Process/Submitter");
        let holders = self.agents(
            s,
            "titolare",
            "PIndex/Process/Holder",
            (
                "aggiungere una sezione [[conservazione.titolare]] con ruolo, denominazione e documento",
                "add a section [[conservazione.titolare]] with ruolo, denominazione and documento",
            ),
        );
        let signers = self.agents(
            s,
            "firmatario",
            "PIndex/Process/AuthorizedSigner",
            (
                "aggiungere una sezione [[conservazione.firmatario]] con cognome, nome, codice_fiscale e documento",
                "add a section [[conservazione.firmatario]] with cognome, nome, codice_fiscale and documento",
            ),
        );
        let laws = self
            .optional(s, "norme", "PIndex/Process/LawsAndRegulations")
            .unwrap_or_else(|| DEFAULT_LAWS.to_owned());
        Some(Preservation { submitter: submitter?, holders: holders?, signers: signers?, laws })
    }

    fn agents(
        &mut self,
        s: &Section<'_>,
        name: &str,
        element: &'static str,
        fix: Fix,
    ) -> Option<Vec<Agent>> {
        const HOLDER_ROLES: &[&str] = &[
            "soggetto produttore",
            "soggetto proprietario",
            "soggetto possessore",
            "soggetto detentore",
        ];
        let sections = self.sections(s, name, AGENT_KEYS);
        if sections.is_empty() {
            self.missing(s, name, element, fix);
            return None;
        }
        let mut all = Some(Vec::new());
        for section in &sections {
            let agent = self.agent(section, element);
            if name == "titolare" {
                const ROLE_FIX: Fix = (
                    "scegliere tra: soggetto produttore, soggetto proprietario, soggetto possessore, soggetto detentore",
                    "choose one of: soggetto produttore, soggetto proprietario, soggetto possessore, soggetto detentore",
                );
                match agent.as_ref().map(|a| a.role.as_deref()) {
                    Some(None) => {
                        self.missing(
                            section,
                            "ruolo",
                            "PIndex/Process/Holder/@holderRole",
                            ROLE_FIX,
                        );
                        all = None;
                    }
                    Some(Some(role)) if !HOLDER_ROLES.contains(&role) => {
                        self.wrong(
                            section,
                            "ruolo",
                            "PIndex/Process/Holder/@holderRole",
                            role,
                            ROLE_FIX,
                        );
                        all = None;
                    }
                    _ => {}
                }
            }
            match (all.as_mut(), agent) {
                (Some(list), Some(agent)) => list.push(agent),
                _ => all = None,
            }
        }
        all
    }

    fn agent(&mut self, s: &Section<'_>, element: &'static str) -> Option<Agent> {
        let role = self.optional(s, "ruolo", element);
        let body = self.optional(s, "denominazione", element);
        let surname = self.optional(s, "cognome", element);
        let given = self.optional(s, "nome", element);
        let mut identifiers = Vec::new();
        let name = match (body, surname, given) {
            (Some(body), None, None) => {
                if let Some(code) = self.body_code(s, "partita_iva", element) {
                    identifiers.push(format!("VATIT-{code}"));
                }
                // A body without VAT number: the form the guidelines give for certificates.
                if let Some(code) = self.body_code(s, "codice_fiscale", element) {
                    identifiers.push(format!("CF:IT-{code}"));
                }
                Some(AgentName::Organisation(body))
            }
            (None, Some(surname), Some(given_name)) => {
                if let Some(code) = self.tax_code(s, element) {
                    identifiers.push(format!("TINIT-{code}"));
                }
                Some(AgentName::Person { surname, given_name })
            }
            _ => {
                self.missing(
                    s,
                    "denominazione",
                    element,
                    (
                        "scrivere denominazione (per un ente) oppure cognome e nome (per una persona)",
                        "write denominazione (for a body) or cognome and nome (for a person)",
                    ),
                );
                None
            }
        };
        let document = self.text(
            s,
            "documento",
            element,
            (
                "scrivere l'atto su cui si fonda il ruolo (nomina, manuale, convenzione): UNI 11386 lo esige (RelevantDocument)",
                "write the act the role rests on (nomination, manual, convention): UNI 11386 demands it (RelevantDocument)",
            ),
        );
        let document_sha256 = self.sha256(s, "documento_sha256", element);
        let document_uri = self.optional(s, "documento_uri", element);
        Some(Agent {
            name: name?,
            identifiers,
            role,
            document: document?,
            document_sha256: document_sha256.map(|d| hex(&d)),
            document_uri,
        })
    }
}

#[derive(Clone, Copy)]
enum Names {
    Mandatory,
    Optional,
}
