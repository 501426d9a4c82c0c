//! Runs the program as a person does: `tests/cmd/*.md` hold commands and what they answer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[test]
fn commands_and_their_answers() {
    trycmd::TestCases::new()
        // The person's own language, colours and configuration stay out.
        .env("LC_ALL", "C")
        .env("NO_COLOR", "1")
        .env("XDG_CONFIG_HOME", "/nonexistent")
        .case("tests/cmd/*.md");
}
