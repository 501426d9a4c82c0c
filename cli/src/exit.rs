//! Exit codes: one table for every verb, and the rule for several inputs.

/// How a run, or one input of it, ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub(crate) enum Exit {
    /// All done; for a judgement: every signature passed.
    Done = 0,
    /// At least one signature failed, or a package is invalid.
    Failed = 1,
    /// The command itself is wrong.
    Usage = 2,
    /// Nothing failed, but something cannot be proved, or an expected signer is missing.
    Indeterminate = 3,
    /// Reading or writing.
    Io = 4,
    /// Not recognisable, unsupported, encrypted, or over a limit.
    Unsupported = 5,
    /// Network or time-stamp authority.
    Network = 6,
    /// Key, token or PIN.
    Key = 7,
    /// Some input of a batch could not be processed.
    Partial = 8,
    /// No signature and no time-stamp found.
    Nothing = 9,
    /// Ctrl-C: the file at hand was finished or removed.
    Interrupted = 130,
}

impl Exit {
    /// The number handed to the system.
    pub(crate) fn code(self) -> u8 {
        self as u8
    }

    /// Whether the input could be processed at all: a verdict, of whatever kind, was reached.
    fn processed(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Indeterminate | Self::Nothing)
    }

    /// The code of a run over several inputs: the common one if they agree, else 1 if any failed
    /// its judgement, else 8 if any could not be processed, else 3. An interruption wins over all.
    pub(crate) fn of_all(codes: &[Self]) -> Self {
        let Some((&first, rest)) = codes.split_first() else { return Self::Done };
        if codes.contains(&Self::Interrupted) {
            Self::Interrupted
        } else if rest.iter().all(|&c| c == first) {
            first
        } else if codes.contains(&Self::Failed) {
            Self::Failed
        } else if codes.iter().any(|c| !c.processed()) {
            Self::Partial
        } else {
            Self::Indeterminate
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_the_contract() {
        let table = [
            (Exit::Done, 0),
            (Exit::Failed, 1),
            (Exit::Usage, 2),
            (Exit::Indeterminate, 3),
            (Exit::Io, 4),
            (Exit::Unsupported, 5),
            (Exit::Network, 6),
            (Exit::Key, 7),
            (Exit::Partial, 8),
            (Exit::Nothing, 9),
            (Exit::Interrupted, 130),
        ];
        for (exit, code) in table {
            assert_eq!(exit.code(), code);
        }
    }

    #[test]
    fn several_inputs() {
        use Exit::*;
        let cases: &[(&[Exit], Exit)] = &[
            (&[], Done),
            (&[Io], Io),
            (&[Done, Done], Done),
            (&[Failed, Failed, Failed], Failed),
            (&[Unsupported, Unsupported], Unsupported),
            (&[Done, Failed], Failed),
            (&[Io, Failed, Done], Failed),
            (&[Indeterminate, Failed], Failed),
            (&[Done, Io], Partial),
            (&[Io, Unsupported], Partial),
            (&[Indeterminate, Key], Partial),
            (&[Done, Partial], Partial),
            (&[Done, Indeterminate], Indeterminate),
            (&[Done, Nothing], Indeterminate),
            (&[Nothing, Nothing], Nothing),
            (&[Done, Interrupted, Failed], Interrupted),
        ];
        for (codes, expected) in cases {
            assert_eq!(Exit::of_all(codes), *expected, "{codes:?}");
        }
    }
}
