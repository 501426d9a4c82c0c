//! The files of the half-hour exercise: one signed text, and what can be wrong with it.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    Pki, Result,
    cms::{self, Odd},
};

/// The text that is signed.
pub const ORIGINAL: &str = "\
COMUNE DI ESEMPIO - TEST - NON VALIDO
Verbale di prova della seduta del Consiglio comunale

Il Presidente dichiara aperta la seduta alle ore 18:00.
Punto 1. Approvazione del verbale precedente: voti favorevoli 12, contrari 3.
Il Presidente dichiara chiusa la seduta alle ore 19:15.
";

const VOTES: &str = "favorevoli 12";
const FORGED: &str = "favorevoli 15";

/// File names and contents, in the order the guide uses them.
///
/// `valido` is signed by president and secretary; `alterato` is the same file
/// with one figure of the vote changed; `scaduto` and `sospeso` are signed with
/// certificates expired since and suspended before.
///
/// # Errors
/// The lab lacks one of the signers.
pub fn files(pki: &Pki, now: DateTime<Utc>) -> Result<Vec<(&'static str, Vec<u8>)>> {
    let text = ORIGINAL.as_bytes();
    let hour = TimeDelta::hours(1);
    let valid =
        Odd::new(pki, text, "presidente").by(&["presidente", "segretario"], now - hour).build()?;
    let mut altered = valid.clone();
    let at = altered.windows(VOTES.len()).position(|window| window == VOTES.as_bytes());
    if let Some(place) = at.and_then(|at| altered.get_mut(at..at + FORGED.len())) {
        place.copy_from_slice(FORGED.as_bytes());
    }
    let expired = cms::sign(pki, "scaduto", text, now - TimeDelta::days(60))?;
    let suspended = cms::sign(pki, "sospeso", text, now - hour)?;
    Ok(vec![
        ("originale.txt", text.to_vec()),
        ("valido.txt.p7m", valid),
        ("alterato.txt.p7m", altered),
        ("scaduto.txt.p7m", expired),
        ("sospeso.txt.p7m", suspended),
    ])
}
