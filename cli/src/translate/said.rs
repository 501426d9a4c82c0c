//! Sentences that reach this program as text alone, because what carried them keeps no more: why a
//! fetch failed, what a finding of a report observed, what the operating system answered.
//!
//! The libraries say them in English; here stand their forms, with `{}` for what varies. What has no
//! form here is shown as it came: better English than nothing.

/// Longer texts are not of ours, and not worth the search.
const LONGEST: usize = 4096;

/// In Italian, whole or part by part.
pub(crate) fn said(text: &str) -> String {
    if text.len() > LONGEST {
        return text.to_owned();
    }
    let parts: Vec<String> = match whole(text) {
        Some(found) => vec![found],
        None => text.split("; ").map(chained).collect(),
    };
    parts.join("; ")
}

/// An error with its causes: `what failed: why: why that`.
fn chained(text: &str) -> String {
    if let Some(found) = whole(text) {
        return found;
    }
    // What stands before the first part of ours is a path, an address or a name.
    let ours = text.match_indices(": ").find_map(|(at, between)| {
        let (head, tail) = text.split_at_checked(at)?;
        let tail = whole(tail.get(between.len()..)?)?;
        Some(format!("{}: {tail}", chained(head)))
    });
    ours.unwrap_or_else(|| {
        let parts = text.split(": ").map(|part| whole(part).unwrap_or_else(|| part.to_owned()));
        parts.collect::<Vec<_>>().join(": ")
    })
}

/// What the operating system answered, in Italian.
pub(crate) fn system(error: &std::io::Error) -> String {
    said(&error.to_string())
}

fn whole(text: &str) -> Option<String> {
    if let Some(rest) = text.strip_suffix('.')
        && !rest.is_empty()
        && let Some(found) = whole(rest)
    {
        return Some(format!("{found}."));
    }
    // `File name too long (os error 36)`
    let plain = match text.split_once(" (os error ") {
        Some((plain, number)) if number.strip_suffix(')').is_some_and(digits) => plain,
        _ => text,
    };
    if let Some((_, it)) = WORDS.iter().find(|(en, _)| en.eq_ignore_ascii_case(plain)) {
        return Some((*it).to_owned());
    }
    FORMS.iter().find_map(|(en, it)| Some(fill(it, &matched(text, en)?)))
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit())
}

/// What stands in the holes of a form; each is as short as can be, the last goes to the end.
fn matched<'t>(text: &'t str, form: &str) -> Option<Vec<&'t str>> {
    let mut parts = form.split("{}");
    let mut rest = text.strip_prefix(parts.next()?)?;
    let mut holes = Vec::new();
    let parts: Vec<&str> = parts.collect();
    for (n, part) in parts.iter().enumerate() {
        let last = n + 1 == parts.len();
        let end = if last { rest.strip_suffix(part)?.len() } else { rest.find(part)? };
        let (hole, tail) = rest.split_at_checked(end)?;
        if hole.is_empty() {
            return None;
        }
        holes.push(hole);
        rest = tail.get(part.len()..)?;
    }
    rest.is_empty().then_some(holes)
}

/// `{0}`, `{1}` … are the holes, translated in their turn.
fn fill(form: &str, holes: &[&str]) -> String {
    let mut out = String::new();
    let mut rest = form;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let (number, tail) = after.split_once('}').unwrap_or((after, ""));
        let hole = number.parse().ok().and_then(|number: usize| holes.get(number));
        out.push_str(&hole.map(|hole| said(hole)).unwrap_or_default());
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// What never varies.
const WORDS: &[(&str, &str)] = &[
    // The operating system and the standard library.
    ("Connection refused", "collegamento rifiutato"),
    ("Connection reset by peer", "collegamento interrotto dall'altra parte"),
    ("Connection reset", "collegamento interrotto dall'altra parte"),
    ("Connection timed out", "nessuna risposta in tempo"),
    ("Operation timed out", "nessuna risposta in tempo"),
    ("timed out", "nessuna risposta in tempo"),
    ("No route to host", "nessuna strada porta a quell'indirizzo"),
    ("Network is unreachable", "la rete non è raggiungibile"),
    ("Host is unreachable", "il servizio non è raggiungibile"),
    ("Address already in use", "la porta è già usata da un altro programma"),
    ("Broken pipe", "chi riceveva ha chiuso"),
    ("No such file or directory", "il file o la cartella non esiste"),
    ("entity not found", "il file o la cartella non esiste"),
    ("File name too long", "il nome del file è troppo lungo"),
    ("invalid filename", "il nome del file non è ammesso"),
    ("Permission denied", "permesso negato"),
    ("Operation not permitted", "operazione non permessa"),
    ("Is a directory", "è una cartella"),
    ("Not a directory", "non è una cartella"),
    ("Directory not empty", "la cartella non è vuota"),
    ("File exists", "il file esiste già"),
    ("No space left on device", "il disco è pieno"),
    ("Disk quota exceeded", "lo spazio assegnato è finito"),
    ("File too large", "il file è troppo grande per questo disco"),
    ("Read-only file system", "il disco è di sola lettura"),
    ("Input/output error", "il disco non risponde come deve"),
    ("Too many open files", "troppi file aperti"),
    ("Too many levels of symbolic links", "troppi collegamenti simbolici uno dopo l'altro"),
    ("Invalid argument", "richiesta non ammessa dal sistema"),
    ("Device or resource busy", "il disco o il file è occupato"),
    ("Text file busy", "il file è in uso"),
    ("Cannot allocate memory", "memoria esaurita"),
    ("Name or service not known", "il nome non è conosciuto"),
    ("Temporary failure in name resolution", "per ora i nomi non si risolvono"),
    ("No address associated with hostname", "il nome non ha indirizzo"),
    ("unexpected end of file", "i dati finiscono prima del previsto"),
    ("failed to fill whole buffer", "i dati finiscono prima del previsto"),
    ("stream did not contain valid UTF-8", "non è testo UTF-8"),
    // Addresses and the network.
    ("it does not start with http:// or https://", "non comincia con http:// o https://"),
    ("it names no host", "non nomina nessun servizio"),
    ("its port is not a number from 1 to 65535", "la porta non è un numero da 1 a 65535"),
    (
        "it contains a space, a control character or a backslash",
        "contiene uno spazio, un carattere di controllo o una barra rovesciata",
    ),
    ("it is too long", "è troppo lungo"),
    ("it is not written as RFC 3986 asks", "non è scritto come chiede la RFC 3986"),
    ("loopback", "di questo stesso computer"),
    ("private network", "di una rete privata"),
    ("provider-internal network", "della rete interna di un fornitore"),
    ("link-local", "della sola rete locale"),
    ("cloud metadata service", "del servizio di metadati di un cloud"),
    ("multicast or broadcast", "di gruppo"),
    ("reserved", "riservato"),
    (
        "the user name for basic authentication contains a colon or a control character",
        "il nome utente contiene due punti o un carattere di controllo",
    ),
    (
        "the file of additional TLS roots holds no readable certificate",
        "nel file delle autorità TLS non c'è nessun certificato leggibile",
    ),
    ("no media type", "nessun tipo"),
    ("what it answers does not decide", "ciò che risponde non basta a decidere"),
    // What a file consists of, and how it is broken.
    ("reading or writing failed", "lettura o scrittura non riuscita"),
    ("reading failed", "lettura non riuscita"),
    ("this is not a CMS file", "non è un file CMS"),
    ("an algorithm identifier cannot be read", "l'identificativo di un algoritmo non si legge"),
    ("this is not a time-stamp", "questa non è una marca temporale"),
    ("the ZIP file is not an ASiC container", "il file ZIP non è un contenitore ASiC"),
    ("it is not UTF-8 text", "non è testo UTF-8"),
    (
        "it has a document type declaration, which is not allowed",
        "ha una dichiarazione di tipo di documento, che non è ammessa",
    ),
    (
        "its XML is deeper or wider than that of any manifest",
        "il suo XML è più profondo o più largo di quello di qualsiasi elenco",
    ),
    ("it is no ASiCManifest", "non è un ASiCManifest"),
    ("its content is damaged", "il suo contenuto è danneggiato"),
    ("the temporal evidence", "la prova temporale"),
    ("the content", "il contenuto"),
    ("the file", "il file"),
    ("the signers", "i firmatari"),
    ("the certificates", "i certificati"),
    ("the revocation lists", "le liste di revoca"),
    ("the metadata", "i metadati"),
    ("a SignerInfo", "un SignerInfo"),
    ("an attribute", "un attributo"),
    ("a set of attributes", "un insieme di attributi"),
    ("a time-stamp of the chain", "una marca temporale della catena"),
    ("certificates", "certificati"),
    ("attributes", "attributi"),
    ("levels", "livelli"),
    ("values of one attribute", "valori di un attributo"),
    ("parts of a message", "parti di un messaggio"),
    ("octets in an OID", "byte in un OID"),
    ("constructed value", "valore composto"),
    ("constructed OCTET STRING", "OCTET STRING composta"),
    ("base64 text", "testo base64"),
    ("transfer encoding", "codifica di trasporto"),
    ("content type", "tipo del contenuto"),
    ("header", "intestazione"),
    ("certificate", "certificato"),
    ("OCSP response", "risposta OCSP"),
    ("elliptic curve parameters", "parametri della curva ellittica"),
    ("elliptic curve key", "chiave su curva ellittica"),
    ("RSA key", "chiave RSA"),
    ("PEM block", "blocco PEM"),
    ("unknown", "sconosciuto"),
    // Containers.
    ("The ZIP file carries a comment", "il file ZIP ha un commento"),
    ("it ends too early", "finisce prima del previsto"),
    (
        "its end is missing, is there twice, or something follows it",
        "la sua fine manca, è doppia o è seguita da altro",
    ),
    ("a header is cut short", "un'intestazione è troncata"),
    ("its directory cannot be read", "il suo elenco è illeggibile"),
    ("its directory holds more than it says", "il suo elenco contiene più di quanto dichiara"),
    ("its directory is not sound", "il suo elenco non è in ordine"),
    ("it is split into parts", "è diviso in più parti"),
    ("there are hidden bytes before its directory", "prima del suo elenco ci sono byte nascosti"),
    ("its header is not where the directory says", "l'intestazione non è dove l'elenco dice"),
    ("its content runs out of the file", "il contenuto esce dal file"),
    (
        "what follows the content contradicts the directory",
        "ciò che segue il contenuto contraddice l'elenco",
    ),
    (
        "its name is empty, or begins with a slash, or has two slashes in a row",
        "il nome è vuoto, comincia con una barra o ne ha due di seguito",
    ),
    (
        "its name steps out of its folder with `.` or `..`",
        "il nome esce dalla cartella con `.` o `..`",
    ),
    ("its name contains a backslash", "il nome contiene una barra rovesciata"),
    ("its name begins with a drive letter", "il nome comincia con la lettera di un disco"),
    (
        "its name contains invisible or control characters",
        "il nome contiene caratteri invisibili o di controllo",
    ),
    ("its name is too long", "il nome è troppo lungo"),
    ("nothing in it names its type", "nulla al suo interno ne dice il tipo"),
    (
        "its mimetype has blanks or a line end behind it",
        "il suo mimetype ha in fondo spazi o un a capo",
    ),
    // What gathering observes.
    (
        "the signature in the container has a content of its own",
        "la firma nel contenitore ha un contenuto suo",
    ),
    (
        "the signed attributes are not stored as DER orders them",
        "gli attributi firmati non sono nell'ordine del DER",
    ),
    ("the attribute cannot be read", "l'attributo non si legge"),
    ("the same time-stamp stands here twice", "qui la stessa marca temporale sta due volte"),
    (
        "the time-stamp token is wrapped in an OCTET STRING",
        "la marca temporale è avvolta in una OCTET STRING",
    ),
    (
        "a TimeStampResp stands where a token belongs",
        "al posto della marca c'è tutta la risposta dell'autorità",
    ),
    (
        "hashProtected is true, but the time-stamp is over the content alone",
        "hashProtected è vero, ma la marca è sul solo contenuto",
    ),
    (
        "the time-stamp is over the decoded part of the message, not over the part as transported",
        "la marca è sulla parte decodificata del messaggio, non su quella trasportata",
    ),
    (
        "its evidence is an evidence record, which is not judged yet",
        "la sua prova è un evidence record, che non si verifica ancora",
    ),
];

/// What has something in it that varies.
const FORMS: &[(&str, &str)] = &[
    ("failed to lookup address information: {}", "{0}"),
    (
        "{} is at {}, a {} address, where URLs from files may lead only if --allow-net names it",
        "{0} sta a {1}, un indirizzo {2}: gli indirizzi scritti nei file ci portano solo se la rete è ammessa con --allow-net",
    ),
    (
        "{} is a {} address, where URLs from files may lead only if --allow-net names it",
        "{0} è un indirizzo {1}: gli indirizzi scritti nei file ci portano solo se la rete è ammessa con --allow-net",
    ),
    (
        "{} is a name of a local network, where URLs from files may lead only if --allow-net names it",
        "{0} è un nome di rete locale: gli indirizzi scritti nei file ci portano solo se la rete è ammessa con --allow-net",
    ),
    ("the address \"{}\" cannot be used: {}", "l'indirizzo «{0}» non si può usare: {1}"),
    (
        "{} is of kind {}, and only http and https are fetched",
        "{0} è di tipo {1}: si usano solo http e https",
    ),
    (
        "the address of {} carries a user name or password inside",
        "l'indirizzo di {0} contiene un nome utente o una password",
    ),
    ("the name {} could not be resolved", "il nome {0} non si trova"),
    ("no connection to {}: {}", "nessun collegamento con {0}: {1}"),
    ("no connection to {}", "nessun collegamento con {0}"),
    ("no secure connection to {}: {}", "nessun collegamento sicuro con {0}: {1}"),
    ("no secure connection to {}", "nessun collegamento sicuro con {0}"),
    ("the proxy setting \"{}\" cannot be used", "il proxy «{0}» non si può usare"),
    (
        "the proxy {} did not open the way to {}: {}",
        "il proxy {0} non ha aperto la via verso {1}: {2}",
    ),
    ("{} did not answer in full within {} s", "{0} non ha risposto per intero entro {1} s"),
    ("{} answered with HTTP status {}", "{0} ha risposto con lo stato HTTP {1}"),
    ("{} leads back to itself", "{0} rimanda a sé stesso"),
    ("{} leads on through more than {} redirects", "{0} rimanda altrove più di {1} volte"),
    ("{} redirects to an unusable place", "{0} rimanda a un indirizzo che non si può usare"),
    ("the answer of {} is longer than {} bytes", "la risposta di {0} supera {1} byte"),
    ("{} answered with {}, not with {}", "{0} ha risposto con {1} invece di {2}"),
    (
        "{} sent a body in the coding {}, which was not asked for",
        "{0} ha mandato una risposta codificata {1}, che non era richiesta",
    ),
    ("{} did not answer in HTTP", "{0} non ha risposto in HTTP"),
    ("the answer of {} broke off", "la risposta di {0} si è interrotta"),
    (
        "the time-stamp authority {} could not be reached",
        "l'autorità di marcatura {0} non è raggiungibile",
    ),
    ("the OCSP responder refused to answer: {}", "il servizio OCSP non ha voluto rispondere: {0}"),
    ("the {} is not well-formed", "{0}: non è ben fatto"),
    ("no {} found in these {} octets", "nei {1} byte ricevuti non c'è nessun oggetto di tipo {0}"),
    // Encodings. "at octet 12: …" keeps its colon.
    (
        "the data end at octet {}, inside a value",
        "i dati finiscono al byte {0}, a metà di un valore",
    ),
    ("at octet {}: expected {}, found {}", "al byte {0} c'è {2} invece di {1}"),
    ("at octet {}: the structure ends where {} is required", "al byte {0} manca {1}"),
    (
        "at octet {}: unexpected data after the last value of a structure",
        "al byte {0} ci sono dati di troppo",
    ),
    (
        "at octet {}: a length is malformed or leaves the enclosing value",
        "al byte {0} una lunghezza è sbagliata",
    ),
    ("at octet {}: a tag number above 30", "al byte {0} c'è un'etichetta sconosciuta"),
    ("at octet {}: malformed {}", "al byte {0} un valore {1} è sbagliato"),
    ("at octet {}: more than {} {}", "al byte {0} si supera il limite di {1} ({2})"),
    ("{} cannot be read: {}", "{0}: non si legge ({1})"),
    ("{} cannot be read", "{0}: non si legge"),
    ("this CMS content is not SignedData but {}", "è un file CMS, ma non una firma (tipo {0})"),
    ("more than {} layers of wrapping", "più di {0} buste una dentro l'altra"),
    ("more than {} countersignatures deep", "più di {0} controfirme una sull'altra"),
    ("more than {} {}", "più di {0} elementi ({1})"),
    (
        "the content has {} octets where {} were announced",
        "il contenuto è di {0} byte invece di {1}",
    ),
    (
        "a MIME message whose {} is not understood",
        "è un messaggio MIME con una parte sconosciuta ({0})",
    ),
    ("{} pass the limit of {}", "il contenitore supera il limite di {1} ({0})"),
    (
        "it refers to the entity “{}”, which is not allowed",
        "richiama l'entità «{0}», che non è ammessa",
    ),
    ("it is not well-formed XML: {}", "non è XML ben fatto: {0}"),
    ("{} is missing, repeated or not as it must be", "{0} manca, è ripetuto o non è come deve"),
    ("it has more than {} references", "ha più di {0} riferimenti"),
    // Containers.
    ("the ZIP file is not read: {}", "il file ZIP non viene letto: {0}"),
    ("{} (ZIP-{})", "{0} (ZIP-{1})"),
    (
        "The ZIP file is damaged or altered at “{}”: {}",
        "il file ZIP è danneggiato o alterato in «{0}»: {1}",
    ),
    ("The ZIP file is damaged or altered: {}", "il file ZIP è danneggiato o alterato: {0}"),
    ("The ZIP file lists more than {} files", "il file ZIP elenca più di {0} file"),
    (
        "The ZIP file would take {} bytes once opened: far more than is credible",
        "il file ZIP, aperto, occuperebbe {0} byte: molto più di quanto è credibile",
    ),
    ("In the ZIP the name “{}” is not Unicode text", "nello ZIP il nome «{0}» non è testo Unicode"),
    (
        "In the ZIP the name “{}” is dangerous or not allowed: {}",
        "nello ZIP il nome «{0}» è pericoloso o non ammesso: {1}",
    ),
    (
        "In the ZIP the names “{}” and “{}” are the same name on some systems",
        "nello ZIP i nomi «{0}» e «{1}» sono lo stesso nome per qualche sistema",
    ),
    (
        "In the ZIP “{}” is a link or a special file",
        "nello ZIP «{0}» è un collegamento o un file speciale",
    ),
    (
        "In the ZIP “{}” is encrypted and cannot be checked",
        "nello ZIP «{0}» è cifrato e non si può controllare",
    ),
    (
        "In the ZIP “{}” is compressed by a method not allowed ({})",
        "nello ZIP «{0}» è compresso con un metodo non ammesso ({1})",
    ),
    (
        "In the ZIP the declared size of “{}” is impossible",
        "nello ZIP la dimensione dichiarata di «{0}» è impossibile",
    ),
    (
        "In the ZIP there are hidden or overlapping bytes before “{}”",
        "nello ZIP prima di «{0}» ci sono byte nascosti o sovrapposti",
    ),
    (
        "In the ZIP the directory and the header of “{}” contradict each other",
        "nello ZIP l'elenco e l'intestazione di «{0}» si contraddicono",
    ),
    (
        "In the ZIP the name “{}” does not declare its UTF-8 encoding",
        "nello ZIP il nome «{0}» non dichiara la codifica UTF-8",
    ),
    ("its mimetype is “{}”", "il suo mimetype è «{0}»"),
    ("its comment names another type, “{}”", "il suo commento dice un altro tipo, «{0}»"),
    // What gathering observes.
    ("{} octets", "{0} byte"),
    ("digestAlgorithms does not list {}", "digestAlgorithms non elenca {0}"),
    (
        "SignedData has version {} where RFC 5652 asks for {}",
        "SignedData è di versione {0}, mentre la RFC 5652 chiede la {1}",
    ),
    ("the token names two digests: {}", "la marca nomina due impronte: {0}"),
    (
        "{} more time-stamps were not looked at",
        "altre {0} marche temporali non sono state guardate",
    ),
    ("TimeStampedData of version {}", "TimeStampedData di versione {0}"),
    (
        "its evidence is of a kind that is not known: {}",
        "la sua prova è di un tipo sconosciuto: {0}",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use ceralacca::online;
    use std::io;
    use std::sync::Arc;

    /// Whole words that give English away.
    const ENGLISH: [&str; 14] = [
        "the", "is", "are", "cannot", "with", "not", "of", "where", "from", "an", "failed", "it",
        "its", "no",
    ];

    #[track_caller]
    fn no_english(text: &str) {
        let words = text.split(|c: char| !c.is_alphanumeric());
        let found: Vec<_> = words.filter(|word| ENGLISH.contains(word)).collect();
        assert!(found.is_empty(), "{found:?} in: {text}");
    }

    #[test]
    fn what_the_network_answers() {
        let (url, host) = ("http://tsa.example/x".to_owned(), "tsa.example".to_owned());
        let refused = || Arc::new(io::Error::from_raw_os_error(111));
        let loopback = online::address::classify(std::net::Ipv4Addr::LOCALHOST.into());
        let mut errors = vec![
            online::Error::RefusedScheme { url: url.clone(), scheme: "ftp".to_owned() },
            online::Error::CredentialsInUrl { host: host.clone() },
            online::Error::BadCredentials,
            online::Error::RefusedName { host: host.clone() },
            online::Error::Resolve { host: host.clone(), source: refused() },
            online::Error::Connect { host: host.clone(), source: refused() },
            online::Error::Tls { host: host.clone(), source: refused() },
            online::Error::BadProxy { proxy: url.clone() },
            online::Error::BadRoots,
            online::Error::Timeout {
                url: url.clone(),
                after: std::time::Duration::from_secs(9),
                phase: online::Phase::Total,
            },
            online::Error::Status { url: url.clone(), code: 404, detail: String::new() },
            online::Error::RedirectLoop { url: url.clone() },
            online::Error::TooManyRedirects { url: url.clone(), limit: 3 },
            online::Error::BadRedirect { url: url.clone(), source: None },
            online::Error::TooLarge { url: url.clone(), limit: 3 },
            online::Error::MediaType {
                url: url.clone(),
                expected: "application/ocsp-response",
                found: None,
                start: String::new(),
            },
            online::Error::ContentCoding { url: url.clone(), found: "gzip".to_owned() },
            online::Error::Protocol { url: url.clone(), source: refused() },
            online::Error::Interrupted { url: url.clone(), source: refused() },
        ];
        for host in ["127.0.0.1", "pki.example"] {
            errors.extend(loopback.map(|kind| online::Error::RefusedAddress {
                host: host.to_owned(),
                address: std::net::Ipv4Addr::LOCALHOST.into(),
                kind,
            }));
        }
        assert_eq!(errors.len(), 21);
        for fault in [
            online::UrlFault::NotAbsolute,
            online::UrlFault::NoHost,
            online::UrlFault::Port,
            online::UrlFault::Character,
            online::UrlFault::TooLong,
            online::UrlFault::Syntax,
        ] {
            errors.push(online::Error::BadUrl { url: "pippo".to_owned(), reason: fault });
        }
        for error in errors {
            let line = crate::failure::with_causes(&error);
            let it = said(&format!("http://ca.example/crl: {line}"));
            no_english(&it);
            assert_ne!(it, line);
            no_english(&super::super::network(&error));
        }
        assert_eq!(
            said("http://ca/ocsp: no connection to ca: Connection refused (os error 111)"),
            "http://ca/ocsp: nessun collegamento con ca: collegamento rifiutato"
        );
    }

    #[test]
    fn what_is_wrong_with_a_zip() {
        use ::archive::{Finding, Problem, names::NameProblem};
        for problem in [
            Problem::TooManyMembers { limit: 4 },
            Problem::Expansion { size: 9 },
            Problem::Name(NameProblem::Traversal),
            Problem::Collision { other: "a".to_owned() },
            Problem::SpecialFile,
            Problem::Encrypted,
            Problem::Method(9),
            Problem::Size,
            Problem::Overlap,
            Problem::Disagreement,
        ] {
            let found = Finding { member: "../b".to_owned(), problem };
            let it = said(&format!("{} ({})", found.en(), found.problem.code()));
            no_english(&it);
            let own = found.it();
            // The libraries have their own Italian for it: the two must not part.
            assert!(
                it.to_lowercase().starts_with(own.trim_end_matches('.').to_lowercase().as_str()),
                "{it} / {own}"
            );
        }
    }

    #[test]
    fn what_is_not_ours_stays_and_costs_little() {
        for same in ["", "Rossi: Mario", "a; b; c", "verbale.txt", "CN=The Thing"] {
            assert_eq!(said(same), same);
        }
        let long = "no connection to a: ".repeat(200);
        let start = std::time::Instant::now();
        said(&long);
        said(&": ".repeat(2000));
        said(&"is at ".repeat(680));
        assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
        for code in [1, 2, 13, 36, 110, 111] {
            no_english(&system(&io::Error::from_raw_os_error(code)));
        }
    }
}
