//! Passwords and PINs: from a no-echo prompt that names its key, a file or a descriptor.
//!
//! Never from the argument list or the environment, which other programs can read; never into
//! output, logs or errors. Before the first secret is read the process forbids its own core dumps.
//! A secret is asked for once and serves the whole batch; a wrong one is never asked for again,
//! since a card would lock itself.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crypto::Secret;
use zeroize::Zeroizing;

use crate::clean;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::lang::{Lang, Text, both};

/// Longest password taken, in octets: far above what people and PKCS#12 files have (RFC 7292 sets
/// no bound), small enough that a recording given by mistake as password file is refused at once.
const MAX_SECRET: u64 = 4096;

/// Where a secret comes from, if it is not typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// The first line of a file.
    File(PathBuf),
    /// The first line of what an open descriptor gives.
    Descriptor(u32),
}

/// Who asks the person.
pub(crate) trait Ask {
    /// Shows the prompt on the terminal and reads a line without echo.
    fn ask(&mut self, prompt: &str) -> io::Result<Zeroizing<String>>;
}

/// The terminal device itself, wherever stdin and stdout go.
pub(crate) struct Terminal;

impl Ask for Terminal {
    fn ask(&mut self, prompt: &str) -> io::Result<Zeroizing<String>> {
        rpassword::prompt_password(prompt).map(Zeroizing::new)
    }
}

/// The secrets of one run.
pub(crate) struct Secrets {
    read: Vec<(Source, Secret)>,
    no_input: bool,
    lang: Lang,
    ask: Box<dyn Ask>,
    guarded: bool,
}

impl Secrets {
    /// Nothing read yet.
    pub(crate) fn new(no_input: bool, lang: Lang, ask: Box<dyn Ask>) -> Self {
        Self { read: Vec::new(), no_input, lang, ask, guarded: false }
    }

    /// The secret of one key or account, which `name` names as the prompt shows it.
    ///
    /// # Errors
    /// Exit 7: nobody to ask; exit 4: the file or descriptor cannot be read; exit 130: Ctrl-C at
    /// the prompt.
    pub(crate) fn of(&mut self, source: Option<&Source>, name: &str) -> Result<Secret, Failure> {
        if !self.guarded {
            // Where the system has no such call the secret is still wiped from memory after use.
            let _ = files::platform::forbid_core_dumps();
            self.guarded = true;
        }
        let name = clean::line(name).into_owned();
        let Some(source) = source else { return self.prompt(&name) };
        if let Some((_, secret)) = self.read.iter().find(|(s, _)| s == source) {
            // A pipe can be read once only; one given once serves all keys.
            return Ok(secret.clone());
        }
        let secret = match source {
            Source::File(path) => first_line(path, File::open(path))?,
            Source::Descriptor(number) => descriptor(*number)?,
        };
        self.read.push((source.clone(), secret.clone()));
        Ok(secret)
    }

    fn prompt(&mut self, name: &str) -> Result<Secret, Failure> {
        let nobody = || {
            Failure::new(
                "PASSWORD_NEEDED",
                Exit::Key,
                both!(
                    "serve la password di {name} e non c'è a chi chiederla",
                    "the password of {name} is needed and there is nobody to ask"
                ),
            )
            .hint(Text::fixed(
                "indicare --password-file FILE o --password-fd N, oppure eseguire in un terminale senza --no-input",
                "give --password-file FILE or --password-fd N, or run in a terminal without --no-input",
            ))
        };
        if self.no_input {
            return Err(nobody());
        }
        let prompt = both!("Password di {name}: ", "Password of {name}: ");
        match self.ask.ask(prompt.get(self.lang)) {
            Ok(typed) => Ok(Secret::from(typed.as_bytes().to_vec())),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => Err(Failure::interrupted()),
            // No terminal device, or Ctrl-D.
            Err(_) => Err(nobody()),
        }
    }
}

fn descriptor(number: u32) -> Result<Secret, Failure> {
    let shown = PathBuf::from(format!("--password-fd {number}"));
    if number == 0 {
        return first_line(&shown, Ok(io::stdin()));
    }
    if cfg!(unix) {
        // `/dev/fd` reopens the descriptor without unsafe code.
        first_line(&shown, File::open(format!("/dev/fd/{number}")))
    } else {
        Err(Failure::new(
            "UNSUPPORTED_DESCRIPTOR",
            Exit::Unsupported,
            Text::fixed(
                "su questo sistema si può leggere una password solo dal descrittore 0",
                "on this system a password can be read from descriptor 0 only",
            ),
        )
        .hint(Text::fixed("usare --password-file", "use --password-file")))
    }
}

fn first_line<R: Read>(name: &Path, open: io::Result<R>) -> Result<Secret, Failure> {
    let failed = |e: &io::Error| {
        Failure::io("leggere la password da", "read the password from", name, e).hint(Text::fixed(
            "controllare il percorso e i permessi",
            "check the path and its permissions",
        ))
    };
    let stream = open.map_err(|e| failed(&e))?;
    let mut octets = Zeroizing::new(Vec::with_capacity(256));
    // One more than allowed, so that "too long" is seen.
    stream.take(MAX_SECRET + 1).read_to_end(&mut octets).map_err(|e| failed(&e))?;
    let end = octets.iter().position(|&b| b == b'\n').unwrap_or(octets.len());
    let line = octets.get(..end).unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.len() as u64 > MAX_SECRET {
        let shown = clean::path(name);
        return Err(Failure::new(
            "PASSWORD_TOO_LONG",
            Exit::Key,
            both!(
                "la prima riga di {shown} supera {MAX_SECRET} byte: non è una password",
                "the first line of {shown} is longer than {MAX_SECRET} bytes: not a password"
            ),
        ));
    }
    Ok(Secret::from(line.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::rc::Rc;

    /// Answers with one password and remembers the prompts.
    struct Answers(Rc<RefCell<Vec<String>>>, io::Result<&'static str>);

    impl Ask for Answers {
        fn ask(&mut self, prompt: &str) -> io::Result<Zeroizing<String>> {
            self.0.borrow_mut().push(prompt.to_owned());
            match &self.1 {
                Ok(text) => Ok(Zeroizing::new((*text).to_owned())),
                Err(e) => Err(e.kind().into()),
            }
        }
    }

    fn secrets(
        no_input: bool,
        answer: io::Result<&'static str>,
    ) -> (Secrets, Rc<RefCell<Vec<String>>>) {
        let prompts = Rc::default();
        let ask = Box::new(Answers(Rc::clone(&prompts), answer));
        (Secrets::new(no_input, Lang::It, ask), prompts)
    }

    #[test]
    fn the_prompt_names_its_key() {
        let (mut s, prompts) = secrets(false, Ok("segreta"));
        let secret = s.of(None, "chiavi/sindaco.p12\u{202E}").expect("typed");
        assert_eq!(secret.expose(), b"segreta");
        assert_eq!(*prompts.borrow(), ["Password di chiavi/sindaco.p12: "]);
    }

    #[test]
    fn nobody_to_ask_is_exit_7_and_no_prompt() {
        let (mut s, prompts) = secrets(true, Ok("x"));
        assert_eq!(s.of(None, "k").expect_err("no input").exit, Exit::Key);
        assert!(prompts.borrow().is_empty());
        let (mut s, _) = secrets(false, Err(io::ErrorKind::NotFound.into()));
        assert_eq!(s.of(None, "k").expect_err("no terminal").exit, Exit::Key);
        let (mut s, _) = secrets(false, Err(io::ErrorKind::Interrupted.into()));
        assert_eq!(s.of(None, "k").expect_err("Ctrl-C").exit, Exit::Interrupted);
    }

    #[test]
    fn the_first_line_of_a_file() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("pin");
        for (content, expected) in
            [("pin", "pin"), ("pin\r\n", "pin"), (" pin \nsecond\n", " pin "), ("", "")]
        {
            std::fs::write(&path, content).expect("written");
            let (mut s, prompts) = secrets(true, Ok("x"));
            let secret = s.of(Some(&Source::File(path.clone())), "k").expect("read");
            assert_eq!(secret.expose(), expected.as_bytes());
            assert!(prompts.borrow().is_empty());
        }
        std::fs::write(&path, vec![b'x'; 5000]).expect("written");
        let (mut s, _) = secrets(true, Ok("x"));
        let failure = s.of(Some(&Source::File(path)), "k").expect_err("too long");
        assert_eq!(failure.code, "PASSWORD_TOO_LONG");
        assert!(!failure.say(Lang::En).contains("xxx"));
        let missing = Source::File("/nonexistent/pin".into());
        assert_eq!(s.of(Some(&missing), "k").expect_err("missing").exit, Exit::Io);
    }

    #[cfg(unix)]
    #[test]
    fn a_descriptor_is_read_once_and_serves_all_keys() {
        use std::io::Write;
        use std::os::fd::AsRawFd;
        let (reader, mut writer) = std::io::pipe().expect("pipe");
        writer.write_all(b"dal tubo\n").expect("written");
        drop(writer);
        let number = u32::try_from(reader.as_raw_fd()).expect("descriptor");
        let (mut s, _) = secrets(true, Ok("x"));
        for _ in 0..2 {
            let secret = s.of(Some(&Source::Descriptor(number)), "k").expect("read");
            assert_eq!(secret.expose(), b"dal tubo".as_slice());
        }
        assert_eq!(s.of(Some(&Source::Descriptor(9999)), "k").expect_err("closed").exit, Exit::Io);
    }
}
