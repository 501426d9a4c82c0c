//! The sheet to be filled in: what the file tells is written, the rest is left empty with its
//! explanation beside it.

use std::fmt::Write as _;

use crate::digest::hex;
use crate::format::mime_of;
use crate::report::clean;

/// What is known of a file before anybody fills in anything.
#[derive(Debug, Clone, Copy)]
pub struct TemplateFacts<'a> {
    /// The file's name, without folders.
    pub file_name: &'a str,
    /// Its SHA-256.
    pub sha256: &'a [u8],
    /// Its format, if it was recognised by its content; else the extension decides.
    pub format: Option<&'a str>,
    /// Whether it carries a digital signature; `None` when nobody looked.
    pub signed: Option<bool>,
    /// Whether it carries a time-stamp.
    pub timestamped: Option<bool>,
    /// The program that made it: name, version, producer.
    pub software: Option<(&'a str, &'a str, &'a str)>,
}

/// Writes a sheet for one main file. Empty texts count as missing when it is read, so every field
/// still to be filled is named then.
#[must_use]
pub fn template(facts: &TemplateFacts<'_>) -> String {
    let name = quoted(facts.file_name);
    let format = quoted(facts.format.unwrap_or_else(|| mime_of(facts.file_name)));
    let digest = hex(facts.sha256);
    let yes_no = |known: Option<bool>| match known {
        Some(true) => "true",
        Some(false) => "false",
        None => "\"\"",
    };
    let (signed, timestamped) = (yes_no(facts.signed), yes_no(facts.timestamped));
    let mut software = String::new();
    if let Some((product, version, producer)) = facts.software {
        let _ = write!(
            software,
            "\n[software]                          # programma che ha prodotto il documento (facoltativo)\nnome = {}\nversione = {}\nproduttore = {}\n",
            quoted(product),
            quoted(version),
            quoted(producer)
        );
    }
    format!(
        r#"# Scheda dei metadati di un documento amministrativo informatico (AgID, Allegato 5).
# Riempire i campi vuoti; quelli segnati come facoltativi si possono lasciare vuoti.
versione_scheda = 1

[documento]
identificativo = ""                 # identificativo univoco e persistente, come "VCC-2026-0012"
segnatura = ""                      # solo per i documenti protocollati
formazione = "a"                    # a creazione, b acquisizione, c transazioni e moduli, d raggruppamento
tipologia = ""                      # come "verbale" o "delibera"
oggetto = ""                        # come "Seduta del Consiglio comunale del 12 marzo 2026"
parole_chiave = []                  # facoltative, al massimo 5
riservato = false
nome = {name}
formato = {format}
versione = "1"
conservazione_anni = 9999           # 9999 = permanente
note = ""                           # facoltative
{software}
[registrazione]
flusso = "I"                        # E entrata, U uscita, I interno
registro = "repertorio"             # oppure "protocollo", e allora serve documento.segnatura
codice_registro = ""
numero = ""                         # per il protocollo: almeno 7 cifre
data = ""                           # come 2026-03-12
ora = ""                            # facoltativa, come 21:45:00

[classificazione]
indice = ""                         # voce del titolario, come "2.3"
descrizione = ""                    # come "Consiglio comunale"
piano = ""                          # facoltativo

[[aggregazione]]
tipo = "fascicolo"                  # fascicolo, serie documentale, serie di fascicoli
identificativo = ""

[verifica]
firmato = {signed}
sigillato = false
marca_temporale = {timestamped}
copia_conforme = false

[[soggetto]]
ruolo = "amministrazione che effettua la registrazione"
ipa_amministrazione = {{ denominazione = "", codice = "" }}   # codici di indicepa.gov.it
ipa_aoo = {{ denominazione = "", codice = "" }}
indirizzi = [""]                    # come ["protocollo@pec.comune.esempio.it"]

[[soggetto]]
ruolo = "autore"                    # oppure "mittente"
tipo = "PF"                         # PF persona, PG organizzazione, PAI amministrazione, PAE estera
cognome = ""
nome = ""
codice_fiscale = ""                 # facoltativo

[[file]]
nome = {name}
sha256 = "{digest}"

# Per il pacchetto di archiviazione (PdA): togliere i commenti e riempire.
# [conservazione.versatore]
# denominazione = ""
# codice_fiscale = ""
# documento = ""                    # manuale o convenzione su cui si fonda il ruolo
# [[conservazione.titolare]]
# ruolo = "soggetto produttore"
# denominazione = ""
# codice_fiscale = ""
# documento = ""
# [[conservazione.firmatario]]
# ruolo = "Responsabile della conservazione"
# cognome = ""
# nome = ""
# codice_fiscale = ""
# documento = ""                    # atto di nomina
"#
    )
}

/// A TOML basic string.
fn quoted(text: &str) -> String {
    let plain = clean(text).replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{plain}\"")
}
