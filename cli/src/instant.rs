//! Instants as people write and read them. Inside the program time is UTC.

use chrono::{
    DateTime, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, TimeZone, Utc,
};
use chrono_tz::Europe::Rome;

use crate::clean;
use crate::failure::Failure;
use crate::lang::{Lang, Text, both};

/// Reads an instant: RFC 3339 with its offset, or local time in Rome without one; a bare date is
/// its first instant there.
///
/// # Errors
/// Exit 2 with an example.
pub(crate) fn parse(flag: &str, text: &str) -> Result<DateTime<Utc>, Failure> {
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Ok(instant.with_timezone(&Utc));
    }
    let local = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .or_else(|| {
            NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(|d| d.and_time(NaiveTime::MIN))
        });
    // The hour that the clocks repeat in autumn is taken the first time it comes; the one they
    // skip in spring does not exist.
    let instant = local.and_then(|l| match Rome.from_local_datetime(&l) {
        LocalResult::Single(t) | LocalResult::Ambiguous(t, _) => Some(t.with_timezone(&Utc)),
        LocalResult::None => None,
    });
    instant.ok_or_else(|| {
        let shown = clean::line(text).into_owned();
        Failure::usage(both!(
            "{flag}: «{shown}» non è una data e un'ora",
            "{flag}: `{shown}` is not a date and time"
        ))
        .hint(Text::fixed(
            "per esempio 2026-11-24T10:30:00+01:00, o 2026-11-24 10:30 per l'ora di Roma",
            "for example 2026-11-24T10:30:00+01:00, or 2026-11-24 10:30 for the time in Rome",
        ))
    })
}

/// As people read it: Europe/Rome, with its offset.
pub(crate) fn shown(instant: DateTime<Utc>) -> Text {
    let local = instant.with_timezone(&Rome);
    Text::new(
        local.format("%d/%m/%Y %H:%M:%S %:z").to_string(),
        local.format("%Y-%m-%d %H:%M:%S %:z").to_string(),
    )
}

/// As people read it, in one language.
pub(crate) fn shown_in(instant: DateTime<Utc>, lang: Lang) -> String {
    shown(instant).get(lang).to_owned()
}

/// As programs read it: RFC 3339, UTC.
pub(crate) fn json(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_as_people_write_them() {
        for (text, expected) in [
            ("2026-11-24T10:30:00+01:00", "2026-11-24T09:30:00Z"),
            ("2026-11-24T09:30:00Z", "2026-11-24T09:30:00Z"),
            ("2026-11-24 10:30", "2026-11-24T09:30:00Z"),
            ("2026-07-01 10:30:15", "2026-07-01T08:30:15Z"),
            ("2026-11-24", "2026-11-23T23:00:00Z"),
            ("2026-10-25 02:30", "2026-10-25T00:30:00Z"),
        ] {
            assert_eq!(json(parse("--at", text).expect(text)), expected, "{text}");
        }
        for text in ["ieri", "24/11/2026", "2026-13-01", "2026-03-29 02:30", ""] {
            assert!(parse("--at", text).is_err(), "{text}");
        }
    }

    #[test]
    fn shown_in_rome_with_the_offset() {
        let instant = parse("--at", "2026-07-01T08:30:15Z").expect("instant");
        assert_eq!(shown_in(instant, Lang::It), "01/07/2026 10:30:15 +02:00");
        assert_eq!(shown_in(instant, Lang::En), "2026-07-01 10:30:15 +02:00");
    }
}
