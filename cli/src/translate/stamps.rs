//! Errors of time-stamps and of the network they come through.

use ceralacca::online;

use super::formats::{asn1, asn1_step, cms, cms_step};
use super::said::{said, system};
use crate::failure::with_causes;
use crate::instant;
use crate::lang::Lang;

/// Why there is no time-stamp.
pub(super) fn timestamp(error: &::timestamp::Error) -> String {
    use ::timestamp::Error as E;
    match error {
        E::NotATimestamp => "questa non è una marca temporale".to_owned(),
        E::Token(error) => format!("la marca temporale non si legge: {}", cms(error)),
        E::TstInfo(error) => format!("la marca temporale non si legge: {}", asn1(error)),
        E::Signers { found } => format!("la marca temporale ha {found} firmatari invece di uno"),
        E::Refused { status, reason } => {
            let reason = reason.as_ref().map(|r| format!(" ({r})")).unwrap_or_default();
            format!("l'autorità di marcatura ha rifiutato la richiesta: stato {status}{reason}")
        }
        E::NoToken => {
            "l'autorità di marcatura ha accettato la richiesta ma non ha mandato la marca"
                .to_owned()
        }
        E::WrongImprint => "la marca è su un'impronta diversa da quella inviata".to_owned(),
        E::WrongNonce => "la marca non ripete il numero casuale della richiesta (nonce)".to_owned(),
        E::WrongPolicy { expected, found } => {
            format!("la marca è stata fatta con la politica {found} invece di {expected}")
        }
        E::BadSignature { what } => {
            format!("la firma della marca temporale non è valida: {}", stamp_flaw(what))
        }
        E::NotForTimestamping { subject, what } => {
            let what = stamp_flaw(what);
            format!("il certificato {subject} non è fatto per le marche temporali: {what}")
        }
        E::CertificateNotValid { subject, at } => format!(
            "il certificato {subject} dell'autorità di marcatura non è valido il {}",
            instant::shown_in(*at, Lang::It)
        ),
        E::Exchange { authority, source } => {
            let why = match source.downcast_ref::<online::Error>() {
                Some(error) => network(error),
                None => said(&with_causes(source.as_ref())),
            };
            format!("l'autorità di marcatura {authority} non è raggiungibile: {why}")
        }
        E::Answer { authority, source } => format!(
            "la risposta dell'autorità di marcatura {authority} non si può usare: {}",
            timestamp(source)
        ),
        E::AllFailed { reasons } => {
            let all: Vec<String> = reasons.iter().map(timestamp).collect();
            format!(
                "nessuna delle {} autorità di marcatura ha dato una marca: {}",
                reasons.len(),
                all.join("; ")
            )
        }
        E::Random(_) => "il sistema non dà numeri casuali".to_owned(),
        E::NoAuthority => "non è indicata nessuna autorità di marcatura".to_owned(),
        E::NotTimeStampedData => "questo non è un file TSD".to_owned(),
        E::Encoding { while_reading, source } => {
            format!("non si riesce a leggere {}: {}", said(while_reading), asn1(source))
        }
        E::TooMany { what, limit } => format!("più di {limit} elementi ({})", said(what)),
        E::BrokenChain { number, what } => {
            format!("la marca temporale {number} del file non regge: {}", stamp_flaw(what))
        }
        E::NotM7m { what } => format!("questo messaggio non è un M7M: {}", stamp_flaw(what)),
        E::M7m { what } => format!("il messaggio M7M è danneggiato: {}", stamp_flaw(what)),
        E::ContentSize { expected, found } => format!(
            "il contenuto è di {found} byte invece di {expected}: è cambiato mentre veniva letto"
        ),
        E::Io(error) => format!("lettura o scrittura non riuscita: {}", system(error)),
        other => said(&with_causes(other)),
    }
}

/// What is wrong with a time-stamp, its certificate or the file that holds it.
fn stamp_flaw(what: &'static str) -> &'static str {
    match what {
        "the authority's certificate is not in the token" => {
            "il certificato dell'autorità non è nella marca"
        }
        "the signature value is wrong" => "il valore della firma è sbagliato",
        "the message digest is wrong" => "l'impronta firmata è sbagliata",
        "the content type is wrong" => "il tipo del contenuto è sbagliato",
        "the signing-certificate attribute names another certificate" => {
            "l'attributo del certificato di firma ne nomina un altro"
        }
        "it has no extended key usage" => "non ha l'uso esteso della chiave",
        "time-stamping is not among its purposes" => "fra i suoi scopi non ci sono le marche",
        "it has other purposes too" => "ha anche altri scopi",
        "its extended key usage is not critical" => "il suo uso esteso della chiave non è critico",
        "it is over another content" => "è su un altro contenuto",
        "what it is over cannot be checked" => "non si può controllare su che cosa è",
        "it is not over the one before" => "non è sulla marca che la precede",
        "its signature is wrong" => "la sua firma è sbagliata",
        "there is none, but evidence of another kind" => "non c'è; c'è una prova di altro tipo",
        "its content type is not multipart/mixed" => "il suo tipo non è multipart/mixed",
        "it names no boundary" => "non indica il separatore delle parti",
        "it has more than one time-stamp" => "ha più di una marca temporale",
        "it has more than one signed file" => "ha più di un file firmato",
        "it has not one signed file and one time-stamp" => {
            "non ha un file firmato e una marca temporale"
        }
        "the last boundary is missing" => "manca il separatore finale",
        "a header is too long" => "un'intestazione è troppo lunga",
        "it ends in a header" => "finisce dentro un'intestazione",
        // A flaw the library learnt to name later.
        other => other,
    }
}

pub(super) fn timestamp_step(error: &::timestamp::Error) -> Option<&'static str> {
    use ::timestamp::Error as E;
    match error {
        E::NotATimestamp => {
            Some("un file .tsr contiene una risposta o una marca, in DER, base64 o PEM")
        }
        E::Refused { .. } => {
            Some("chiedere all'autorità, o indicarne un'altra con un secondo --tsa")
        }
        E::NoAuthority => Some("indicarla con --tsa URL"),
        E::Exchange { .. } | E::AllFailed { .. } => Some(
            "controllare l'indirizzo e la rete, o indicare un'altra autorità con un secondo --tsa",
        ),
        E::Token(error) => cms_step(error),
        E::TstInfo(error) => asn1_step(error),
        E::Encoding { source, .. } => asn1_step(source),
        E::NotTimeStampedData | E::NotM7m { .. } => {
            Some("controllare che sia il file marcato e non un altro")
        }
        E::M7m { .. } => Some("il file è incompleto o danneggiato: chiederlo di nuovo"),
        E::BrokenChain { .. } => Some("esaminarlo con: ceralacca verifica"),
        E::TooMany { .. } => Some("nessun file onesto si avvicina a questo limite"),
        E::ContentSize { .. } => Some(
            "il file è cambiato durante la lettura: chiudere il programma che lo scrive e riprovare",
        ),
        E::Signers { .. } | E::Random(_) | E::Io(_) => None,
        _ => Some("nulla è stato scritto: indicare un'altra autorità con un secondo --tsa"),
    }
}

pub(super) fn network(error: &online::Error) -> String {
    use online::Error as E;
    match error {
        E::BadUrl { url, reason } => {
            format!("l'indirizzo «{url}» non si può usare: {}", said(&reason.to_string()))
        }
        E::RefusedScheme { url, scheme } => {
            format!("{url} è di tipo {scheme}: si usano solo http e https")
        }
        E::CredentialsInUrl { host } => {
            format!("l'indirizzo di {host} contiene un nome utente o una password")
        }
        E::BadCredentials => {
            "il nome utente contiene due punti o un carattere di controllo".to_owned()
        }
        E::RefusedAddress { .. } | E::RefusedName { .. } => said(&error.to_string()),
        E::Resolve { host, .. } => format!("il nome {host} non si trova"),
        E::Connect { host, source } => {
            format!("nessun collegamento con {host}: {}", said(&source.to_string()))
        }
        E::Tls { host, source } => {
            format!("nessun collegamento sicuro con {host}: {}", said(&source.to_string()))
        }
        E::BadProxy { proxy } => format!("il proxy «{proxy}» non si può usare"),
        E::Proxy { proxy, host, reason } => {
            format!("il proxy {proxy} non ha aperto la via verso {host}: {reason}")
        }
        E::BadRoots => {
            "nel file delle autorità TLS non c'è nessun certificato leggibile".to_owned()
        }
        E::Timeout { url, after, .. } => {
            format!("{url} non ha risposto per intero entro {} s", after.as_secs_f32())
        }
        E::Status { url, code, detail } => {
            let detail = if detail.is_empty() { String::new() } else { format!(": {detail}") };
            format!("{url} ha risposto con lo stato HTTP {code}{detail}")
        }
        E::RedirectLoop { url } => format!("{url} rimanda a sé stesso"),
        E::TooManyRedirects { url, limit } => format!("{url} rimanda altrove più di {limit} volte"),
        E::BadRedirect { url, .. } => format!("{url} rimanda a un indirizzo che non si può usare"),
        E::TooLarge { url, limit } => format!("la risposta di {url} supera {limit} byte"),
        E::MediaType { url, expected, found, .. } => format!(
            "{url} ha risposto con {} invece di {expected}",
            found.as_deref().unwrap_or("nessun tipo")
        ),
        E::ContentCoding { url, found } => {
            format!("{url} ha mandato una risposta codificata {found}, che non era richiesta")
        }
        E::Protocol { url, .. } => format!("{url} non ha risposto in HTTP"),
        E::Interrupted { url, .. } => format!("la risposta di {url} si è interrotta"),
        other => said(&with_causes(other)),
    }
}

pub(super) fn network_step(error: &online::Error) -> Option<&'static str> {
    use online::Error as E;
    Some(match error {
        E::BadUrl { .. } => "scriverlo per intero, come https://tsa.example.it/tsr",
        E::RefusedScheme { .. } => {
            "indicare un indirizzo http o https; i dati di revoca e i certificati si possono dare anche con un file (--crl, --ocsp, --chain)"
        }
        E::CredentialsInUrl { .. } => "darli a parte: --tsa-user NOME --tsa-password-file FILE",
        E::BadCredentials => "controllare che nel nome utente non ci siano due punti o un a capo",
        E::RefusedAddress { .. } | E::RefusedName { .. } => {
            "se è un servizio della propria rete, indicare la rete con --allow-net"
        }
        E::Resolve { .. } => {
            "controllare il nome e la rete; dietro un proxy impostare https_proxy e http_proxy"
        }
        E::Connect { .. } => {
            "controllare la rete e che il servizio sia attivo; dietro un proxy impostare https_proxy e http_proxy"
        }
        E::Tls { .. } => {
            "se un servizio o un proxy della propria rete usa una sua autorità, indicarne il certificato con --ca-file"
        }
        E::BadProxy { .. } => "scriverlo come http://HOST:PORTA; i proxy SOCKS non sono gestiti",
        E::Proxy { .. } => "chiedere a chi gestisce il proxy di lasciar passare questo indirizzo",
        E::BadRoots => "indicare un file PEM con almeno un blocco CERTIFICATE",
        E::Timeout { .. } => "riprovare più tardi, o indicare anche un'altra autorità",
        E::Status { code: 401 | 403, .. } => {
            "controllare nome utente e password (--tsa-user, --tsa-password-file) e che il contratto abbia ancora marche"
        }
        E::Status { code: 407, .. } => {
            "il proxy chiede nome utente e password: metterli nell'impostazione del proxy"
        }
        E::Status { code: 404 | 405, .. } => "controllare il percorso dell'indirizzo",
        E::Status { code: 429 | 500..=599, .. } => {
            "il servizio ha un problema suo: riprovare più tardi"
        }
        E::MediaType { .. } => {
            "ha risposto qualcos'altro, forse una pagina di accesso o un proxy: aprire l'indirizzo in un browser"
        }
        E::TooLarge { .. } => "scaricarlo in altro modo e darlo con un file",
        E::RedirectLoop { .. } | E::TooManyRedirects { .. } | E::BadRedirect { .. } => {
            "usare l'indirizzo finale del servizio"
        }
        E::Interrupted { .. } => "riprovare",
        _ => return None,
    })
}
