//! UTCTime and GeneralizedTime (X.680 §46–47) as UTC.

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};

/// Reads `YYMMDDhhmm[ss](Z|±hhmm)`; years 50..99 are 19xx (RFC 5280 §4.1.2.5.1).
pub(crate) fn parse_utc(text: &[u8]) -> Option<DateTime<Utc>> {
    let year = number(text.get(..2)?)?;
    parse_rest(if year < 50 { 2000 } else { 1900 } + year, text.get(2..)?, false)
}

/// Reads `YYYYMMDDhh[mm[ss]][(.|,)fraction](Z|±hhmm)`. Local time without
/// a zone is refused: nobody could say when it was.
pub(crate) fn parse_generalized(text: &[u8]) -> Option<DateTime<Utc>> {
    parse_rest(number(text.get(..4)?)?, text.get(4..)?, true)
}

fn parse_rest(year: u32, mut rest: &[u8], generalized: bool) -> Option<DateTime<Utc>> {
    let mut take = |n: usize| -> Option<u32> {
        let value = number(rest.get(..n)?)?;
        rest = rest.get(n..)?;
        Some(value)
    };
    let (month, day, hour) = (take(2)?, take(2)?, take(2)?);
    let minute = take(2);
    let second = minute.and_then(|_| take(2));
    if minute.is_none() && !generalized {
        return None;
    }
    let mut fraction = TimeDelta::zero();
    if generalized && let [b'.' | b',', tail @ ..] = rest {
        let digits = tail.iter().take_while(|c| c.is_ascii_digit()).count();
        // Nanoseconds are all chrono keeps; further digits do not move the instant we use.
        let nanos = (0..9).fold(0, |acc, i| {
            acc * 10 + tail.get(i).filter(|_| i < digits).map_or(0, |c| i64::from(c - b'0'))
        });
        if digits == 0 {
            return None;
        }
        let unit = if second.is_some() {
            1
        } else if minute.is_some() {
            60
        } else {
            3600
        };
        fraction = TimeDelta::nanoseconds(nanos * unit);
        rest = &tail[digits..];
    }
    let offset = match rest {
        b"Z" => 0,
        [sign @ (b'+' | b'-'), zone @ ..] if zone.len() == 4 => {
            let (hours, minutes) = (number(&zone[..2])?, number(&zone[2..])?);
            if hours > 14 || minutes > 59 {
                return None;
            }
            let minutes = i64::from(hours * 60 + minutes);
            if *sign == b'+' { minutes } else { -minutes }
        }
        _ => return None,
    };
    // A leap second is read as the last second of its minute.
    let second = second.unwrap_or(0);
    let naive = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?.and_hms_opt(
        hour,
        minute.unwrap_or(0),
        if second == 60 { 59 } else { second },
    )?;
    let utc = naive.checked_sub_signed(TimeDelta::minutes(offset))?.checked_add_signed(fraction)?;
    Some(utc.and_utc())
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |acc, c| c.is_ascii_digit().then(|| acc * 10 + u32::from(c - b'0')))
}

/// UTCTime text for 1950..2049, GeneralizedTime otherwise (RFC 5652 §11.3).
pub(crate) fn format(at: DateTime<Utc>) -> (crate::Tag, String) {
    if (1950..2050).contains(&at.year()) {
        (crate::Tag::UTC_TIME, at.format("%y%m%d%H%M%SZ").to_string())
    } else {
        (crate::Tag::GENERALIZED_TIME, at.format("%Y%m%d%H%M%SZ").to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rfc3339(at: Option<DateTime<Utc>>) -> Option<String> {
        at.map(|t| t.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true))
    }

    #[test]
    fn forms_met_in_the_field() {
        let utc = |s: &str| rfc3339(parse_utc(s.as_bytes()));
        let gen_ = |s: &str| rfc3339(parse_generalized(s.as_bytes()));
        assert_eq!(utc("260301100000Z").as_deref(), Some("2026-03-01T10:00:00Z"));
        assert_eq!(utc("2603011000Z").as_deref(), Some("2026-03-01T10:00:00Z"));
        assert_eq!(utc("990301110000+0100").as_deref(), Some("1999-03-01T10:00:00Z"));
        assert_eq!(gen_("20260301100000.25Z").as_deref(), Some("2026-03-01T10:00:00.250Z"));
        assert_eq!(gen_("20501231235960Z").as_deref(), Some("2050-12-31T23:59:59Z"));
        assert_eq!(gen_("20260301100000-0130").as_deref(), Some("2026-03-01T11:30:00Z"));
    }

    #[test]
    fn malformed_is_refused() {
        for text in ["", "260301", "260231100000Z", "260301100000", "26030110000xZ", "26\u{e8}"] {
            assert!(parse_utc(text.as_bytes()).is_none(), "{text}");
        }
        for text in ["20260301100000", "20260301100000.Z", "20261301100000Z"] {
            assert!(parse_generalized(text.as_bytes()).is_none(), "{text}");
        }
    }
}
