//! The Italian help of every verb and flag, beside the English one that stands in the doc comments.
//!
//! A key is the English path of the verb, or the path and the argument's name; an argument's name
//! alone serves every verb that has no entry of its own. A test in `tree` finds what is missing
//! and what is left over.

/// The Italian help of a verb (`name` empty) or of one of its arguments.
pub(crate) fn of(path: &str, name: &str) -> Option<&'static str> {
    entry(path, name).map(|(_, text)| text)
}

/// The key under which [`of`] finds its text.
#[cfg(test)]
pub(crate) fn key(path: &str, name: &str) -> Option<&'static str> {
    entry(path, name).map(|(key, _)| key)
}

/// All keys.
#[cfg(test)]
pub(crate) fn keys() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|(key, _)| *key)
}

fn entry(path: &str, name: &str) -> Option<(&'static str, &'static str)> {
    let exact = |key: &str| TABLE.iter().find(|(k, _)| *k == key).copied();
    if name.is_empty() {
        return exact(path);
    }
    exact(format!("{path} {name}").trim_start()).or_else(|| exact(name))
}

const TABLE: &[(&str, &str)] = &[
    ("", "Firme digitali, marche temporali e pacchetti per la conservazione"),
    // Verbs.
    ("sign", "Firma ogni file: CAdES, busta con il contenuto, livello B se non si chiede altro"),
    ("cosign", "Aggiunge una firma parallela; quelle presenti restano identiche, byte per byte"),
    ("countersign", "Controfirma: firma una firma"),
    ("detach", "Separa una busta firmata in contenuto e firma separata"),
    ("attach", "Unisce una firma separata e il suo contenuto in un solo file"),
    ("prepare", "Prima metà di una firma fatta altrove: che cosa va firmato"),
    ("complete", "Seconda metà di una firma fatta altrove: mette il valore al suo posto"),
    ("extend", "Porta le firme a livello T, LT o LTA, o le rinnova"),
    ("timestamp", "Appone una marca temporale a un file senza firmarlo"),
    ("verify", "Verifica firme e marche temporali e ne dà l'esito"),
    ("inspect", "Mostra struttura, strati e certificati; non dà mai un esito"),
    ("cert", "Mostra o verifica un certificato"),
    ("cert show", "Mostra un certificato"),
    ("cert verify", "Verifica il percorso di un certificato fino a un'autorità fidata"),
    ("extract", "Estrae il contenuto più interno, attraverso ogni strato; non verifica nulla"),
    ("trust", "Elenchi di fiducia e autorità fidate"),
    ("trust update", "Scarica e controlla gli elenchi di fiducia"),
    ("trust import", "Aggiunge autorità all'archivio di fiducia"),
    ("trust export", "Scrive l'archivio di fiducia in una cartella"),
    ("trust list", "Mostra l'archivio di fiducia"),
    ("token", "Carte di firma, lettori e loro certificati"),
    ("token list", "Mostra lettori, carte e loro certificati"),
    ("token doctor", "Cerca perché una carta non viene vista"),
    (
        "package",
        "Pacchetti di conservazione: versamento (PdV), archiviazione (PdA), distribuzione (PdD)",
    ),
    ("package metadata", "I metadati che un pacchetto richiede"),
    (
        "package metadata init",
        "Scrive un file TOML da compilare, con ciò che il file dice già di sé",
    ),
    ("package sip", "Fa un pacchetto di versamento (PdV)"),
    ("package aip", "Fa un pacchetto di archiviazione (PdA) con l'indice firmato e marcato"),
    ("package dip", "Fa un pacchetto di distribuzione (PdD)"),
    ("package receipt", "Rapporti di versamento"),
    ("package receipt create", "Scrive il rapporto di un pacchetto di versamento"),
    ("package receipt check", "Confronta un rapporto con il suo pacchetto di versamento"),
    ("package verify", "Verifica pacchetti: ogni file, l'indice e le sue firme"),
    ("publish", "Prepara il contenuto da riprodurre, la firma e una pagina per il pubblico"),
    ("demo", "Porta un file lungo tutta la sua vita con certificati di prova"),
    ("lab", "Una PKI di prova completa: autorità, firmatari, marche (senza valore legale)"),
    ("lab init", "Scrive una PKI di prova in una cartella"),
    (
        "lab serve",
        "Avvia su questo computer marcatura, OCSP e liste di revoca della PKI di prova, fino a Ctrl-C",
    ),
    ("completions", "Stampa i completamenti per una shell"),
    ("man", "Stampa le pagine di manuale"),
    ("config", "Le impostazioni in vigore"),
    (
        "config check",
        "Stampa le impostazioni in vigore e la loro provenienza; i segreti restano nascosti",
    ),
    ("schema", "Stampa lo schema JSON di ciò che scrive --json"),
    ("help", "Stampa l'aiuto di un comando"),
    ("evidence", "Evidence record (nome riservato)"),
    ("archive", "Archivi (nome riservato)"),
    ("pec", "Posta elettronica certificata (nome riservato)"),
    // Flags every verb takes.
    ("--json", "Stampa un oggetto JSON (schema ceralacca/1); con più file usare --jsonl"),
    ("--jsonl", "Stampa un oggetto JSON per riga, uno per ogni file, nell'ordine dato"),
    ("--lang", "Lingua dei messaggi: it o en (se manca: quella del sistema)"),
    ("--quiet", "Scrive solo risultati ed errori"),
    ("--no-color", "Niente colori (come NO_COLOR)"),
    ("--no-input", "Non chiede mai nulla: si ferma dove servirebbe digitare una password"),
    ("--dry-run", "Dice che cosa farebbe e scriverebbe, e non fa nulla"),
    ("--jobs", "Elabora tanti file insieme (se manca: 1)"),
    (
        "--durability",
        "Quando i file scritti vanno su disco: file (ognuno, se manca) o batch (a gruppi di 64)",
    ),
    ("--config", "Usa questo file di configurazione invece di quello nella cartella XDG"),
    (
        "--profile",
        "Usa le impostazioni di questo profilo del file di configurazione\n\n\
         Con `pacchetto sip` e `pacchetto aip` va scritto prima del comando: là --profile indica il tipo di pacchetto.",
    ),
    (
        "--allow-net",
        "Permette agli indirizzi scritti nei certificati di usare anche questa rete privata; ripetibile",
    ),
    ("--timeout", "Il tempo più lungo per una chiamata in rete, in secondi (se manca: 60)"),
    ("--no-cache", "Non usa e non conserva ciò che le esecuzioni precedenti hanno scaricato"),
    ("--ca-file", "Si fida anche di queste autorità HTTPS, oltre a quelle del sistema"),
    // Keys, authorities, trust.
    (
        "--key",
        "Chiave di firma: p12:FILE, oppure pem:FILE con --cert; più chiavi sono più firmatari\n\n\
         pkcs11: (carta) e csc: (firma remota) arriveranno con una versione successiva.",
    ),
    ("--cert", "Certificato del firmatario, per una chiave pem:"),
    ("prepare --cert", "Certificato del firmatario"),
    ("--chain", "Certificati intermedi da inserire; la radice resta fuori"),
    (
        "verify --chain",
        "Altri certificati per costruire il percorso; non diventano fidati; ripetibile",
    ),
    (
        "cert verify --chain",
        "Altri certificati per costruire il percorso; non diventano fidati; ripetibile",
    ),
    (
        "package verify --chain",
        "Altri certificati per costruire il percorso; non diventano fidati; ripetibile",
    ),
    ("--password-file", "Legge la password della chiave dalla prima riga di questo file"),
    ("--password-fd", "Legge la password della chiave da questo descrittore aperto"),
    ("--tsa", "Autorità di marcatura temporale; ripetibile, in ordine di preferenza"),
    ("--tsa-user", "Nome utente presso l'autorità di marcatura"),
    ("--tsa-password-file", "File con la password presso l'autorità di marcatura"),
    (
        "--allow",
        "Supera un rifiuto: expired (scaduto), not-yet-valid (non ancora valido), no-nr (senza non \
         ripudio), automatic (firma automatica), incomplete-media (registrazione incompleta)",
    ),
    ("--digest", "Impronta: sha256 (se manca), sha384, sha512"),
    ("--trust", "Autorità fidata: un file di certificati o una loro cartella; ripetibile"),
    ("--crl", "Lista di revoca già disponibile (CRL), o una cartella di liste; ripetibile"),
    ("--ocsp", "Risposta di revoca già disponibile (OCSP), o una loro cartella; ripetibile"),
    ("--at", "Verifica come se fosse questo istante; ciò che è stato emesso dopo non esiste"),
    ("--online", "Scarica i certificati e i dati di revoca che mancano"),
    // Outputs.
    ("--output", "File da scrivere, o una cartella che esiste; - è l'uscita standard"),
    ("demo --output", "Cartella da creare (se manca: ./ceralacca-demo, numerata se esiste già)"),
    ("man --output", "Scrive tutte le pagine in questa cartella"),
    ("--overwrite", "Sostituisce un file che esiste già"),
    ("verify --overwrite", "Sostituisce un rapporto che esiste già"),
    ("--in-place", "Scrive sopra il file firmato, in un colpo solo"),
    // sign, cosign and their kin.
    ("sign FILE", "File da firmare; - è l'ingresso standard"),
    (
        "sign --format",
        "Formato: cades (se manca); asic-s (un file in un contenitore), asic-e (tutti i file in un contenitore); pades arriverà con una versione successiva",
    ),
    (
        "sign --level",
        "Livello: b (se manca), t (con marca temporale), lt (con i dati per verificarla in futuro), lta (con marca d'archivio)",
    ),
    ("--detached", "Tiene la firma separata dal contenuto (.p7s)"),
    ("--again", "Firma di nuovo anche se questa chiave ha già firmato il file"),
    ("cosign FILE", "File firmati (.p7m, .p7s)"),
    ("cosign --content", "Il contenuto, quando la firma è separata"),
    ("cosign --level", "Livello della nuova firma: b (se manca), t, lt o lta"),
    ("--require-valid", "Aggiunge la firma solo se quelle presenti ora sono valide"),
    ("countersign FILE", "File firmato"),
    (
        "--commitment",
        "Impegno assunto: approval (approvazione), creation (redazione), sender (invio), proof-of-origin \
         (provenienza), delivery (consegna), receipt (ricevuta), o un identificativo",
    ),
    ("--role", "Ruolo dichiarato da chi firma, per esempio «Segretario comunale»; ripetibile"),
    ("--location", "Luogo della firma: COMUNE o COMUNE,STATO, lo Stato in due lettere"),
    (
        "--signature-policy",
        "Identificativo della politica di firma, insieme a --signature-policy-file",
    ),
    (
        "--signature-policy-file",
        "Il documento della politica di firma; ne viene firmata l'impronta",
    ),
    (
        "verify --signature-policy-file",
        "Documento di una politica di firma, confrontato con l'impronta che la firma ne porta; ripetibile",
    ),
    ("--signature-policy-uri", "Dove si può leggere la politica di firma"),
    ("--media-type", "Tipo del contenuto, per esempio video/mp4"),
    ("--content-timestamp", "Marca temporalmente anche il contenuto, prima di firmarlo"),
    ("--offline", "Non scarica nulla: ciò che manca deve essere già disponibile"),
    ("countersign --content", "Il contenuto, quando la firma è separata e --level è lta"),
    ("countersign --level", "Livello della controfirma: b (se manca), t, lt o lta"),
    (
        "countersign --again",
        "Controfirma di nuovo anche se questa chiave ha già controfirmato la firma",
    ),
    ("extend --content", "Il contenuto, quando la firma è separata"),
    (
        "extend --chain",
        "Altri certificati per costruire il percorso; non diventano fidati; ripetibile",
    ),
    ("--signature", "Solo questa firma, con il numero che le dà verifica; ripetibile"),
    ("countersign --signature", "Quale firma controfirmare, con il numero che le dà verifica"),
    ("FILE.p7m", "File con il contenuto nella busta"),
    ("detach --content", "Dove va il contenuto (se manca: il nome senza .p7m)"),
    ("--no-content", "Scrive solo la firma"),
    ("FILE.p7s", "Firma separata"),
    ("attach --content", "Il contenuto che essa firma"),
    ("prepare FILE", "File da firmare"),
    ("job.json", "Il lavoro scritto da prepara"),
    ("--signature-value", "Il valore della firma: base64, @FILE, oppure - per l'ingresso standard"),
    ("extend FILE", "File firmati"),
    (
        "extend --level",
        "Livello da raggiungere: t (marca temporale), lt (dati per verificarla in futuro), lta (marca d'archivio, o il suo rinnovo)",
    ),
    ("timestamp FILE", "File da marcare"),
    (
        "timestamp --format",
        "Formato: tsr, la marca da sola (se manca), o tsd, il file e la sua marca insieme",
    ),
    // verify, inspect, extract, cert.
    ("verify FILE", "File firmati o marcati; - è l'ingresso standard"),
    (
        "verify --content",
        "Il contenuto, quando la firma è separata; l'N-esimo va con l'N-esimo file, uno solo vale per tutti",
    ),
    ("--content-digest", "L'impronta del contenuto, quando il contenuto non è disponibile"),
    ("--reference-time", "Le firme esistevano in questo istante, sulla vostra parola"),
    (
        "--time-reference",
        "Le firme esistevano nell'istante che questa prova dimostra\n\n\
         protocollo:FILE, pec:FILE, rdv:FILE, tsr:FILE; arriveranno con una versione successiva.",
    ),
    ("--expect", "Codici fiscali (con il ruolo) che devono essere tra i firmatari"),
    (
        "--policy",
        "Regole: default, strict o preservation; un file di regole arriverà con una versione successiva",
    ),
    (
        "--report",
        "Rapporto: text (se manca) o json; html ed etsi arriveranno con una versione successiva",
    ),
    ("--report-file", "Scrive il rapporto in questo file"),
    (
        "--report-audience",
        "Chi legge il rapporto: internal (se manca) o public; public arriverà con una versione successiva",
    ),
    ("inspect FILE", "File da esaminare; - è l'ingresso standard"),
    ("extract FILE", "File firmati, marcati o imbustati; - è l'ingresso standard"),
    ("extract --layers", "Apre solo le N buste più esterne (.p7m, .tsd, .m7m) invece di tutte"),
    ("CERT", "Certificato, DER o PEM"),
    ("trust import FILE", "Certificati o elenchi"),
    // package.
    ("package metadata init FILE", "Il documento principale"),
    ("--metadata", "I metadati, come li scrive pacchetto metadati crea"),
    ("--main", "Il documento principale; più file sono le sue componenti, in ordine"),
    ("--attach", "Un allegato; ripetibile"),
    (
        "package sip --profile",
        "Tipo di pacchetto: generic (se manca); parer, eark e bagit arriveranno con una versione successiva",
    ),
    (
        "package aip --profile",
        "Tipo di pacchetto: sincro (se manca); eark e ocfl arriveranno con una versione successiva",
    ),
    (
        "--container",
        "Contenitore: dir (cartella, se manca) o zip; tar arriverà con una versione successiva",
    ),
    ("--manifest", "Più pacchetti, elencati in questo file; arriverà con una versione successiva"),
    ("SIP", "Pacchetto di versamento"),
    ("AIP", "Pacchetti di archiviazione"),
    ("RECEIPT", "Il suo rapporto di versamento"),
    ("PATH", "Pacchetti: cartelle o contenitori"),
    // The rest.
    ("publish FILE", "File firmato"),
    ("demo FILE", "Il file da usare (se manca: una breve registrazione di prova)"),
    ("lab init DIR", "Cartella da creare"),
    ("--port", "Porta dei suoi servizi (se manca: 18318)"),
    ("lab serve DIR", "Cartella fatta da laboratorio crea"),
    ("SHELL", "Shell: bash, zsh, fish, elvish, powershell"),
    ("man VERB", "Il comando di cui stampare la pagina (se manca: quella del programma)"),
    ("help VERB", "Il comando"),
];
