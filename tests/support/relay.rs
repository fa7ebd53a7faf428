//! A relay for tests: real SMTP (RFC 5321) on a socket of loopback. It keeps what it has taken as a mailbox would show it, by
//! `Message-ID`, and can be told to misbehave: to refuse, to put off, to hang up in the middle.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// What the relay does with the next letters to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Answers `RCPT` with a code.
    AtRecipient(u16),
    /// Answers the end of the words with a code, and keeps nothing.
    AtEnd(u16),
    /// Hangs up after half of the words.
    HangsUpInWords,
    /// Keeps the letter, and hangs up instead of saying so.
    HangsUpAfterwards,
    /// Answers `MAIL` with a code: it takes nothing from this sender.
    AtSender(u16),
}

/// A letter as it lies in a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    /// The address that it was handed over for.
    pub(crate) to: String,
    /// Its bytes, dots unstuffed.
    pub(crate) bytes: String,
    /// How often it came. A mailbox shows it once.
    pub(crate) copies: usize,
}

#[derive(Default)]
struct Books {
    /// By `Message-ID`.
    kept: BTreeMap<String, Kept>,
    /// Moods by address, with how many letters they last for; `*` for every address.
    moods: BTreeMap<String, (Mood, usize)>,
    lines: usize,
    lines_max: usize,
}

/// A relay that runs until it is dropped.
pub(crate) struct Relay {
    address: SocketAddr,
    books: Arc<Mutex<Books>>,
    count: watch::Receiver<usize>,
    counting: watch::Sender<usize>,
    lines: Option<JoinSet<()>>,
}

impl Relay {
    /// Starts on a free port.
    pub(crate) fn start() -> Self {
        let (counting, count) = watch::channel(0);
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut relay = Self { address, books: Arc::default(), count, counting, lines: None };
        relay.go_up();
        relay
    }

    /// Where it listens, or did.
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Ends all lines, and listens no more.
    pub(crate) async fn go_down(&mut self) {
        if let Some(mut lines) = self.lines.take() {
            lines.shutdown().await;
        }
    }

    /// Listens again, on the same port as before.
    pub(crate) fn go_up(&mut self) {
        let socket = TcpSocket::new_v4().unwrap();
        // The lines of before may linger in the kernel.
        socket.set_reuseaddr(true).unwrap();
        socket.bind(self.address).unwrap();
        let listener = socket.listen(64).unwrap();
        self.address = listener.local_addr().unwrap();
        let mut lines = JoinSet::new();
        lines.spawn(accept(listener, Arc::clone(&self.books), self.counting.clone()));
        self.lines = Some(lines);
    }

    /// Sets what happens to so many letters to an address, `*` for every one.
    pub(crate) fn set_mood(&self, to: &str, mood: Mood, letters: usize) {
        self.books.lock().unwrap().moods.insert(to.to_owned(), (mood, letters));
    }

    /// What the mailboxes show, by `Message-ID`.
    pub(crate) fn kept(&self) -> BTreeMap<String, Kept> {
        self.books.lock().unwrap().kept.clone()
    }

    /// How many lines were open at once at most.
    pub(crate) fn lines_max(&self) -> usize {
        self.books.lock().unwrap().lines_max
    }

    /// Waits until the mailboxes show so many letters.
    pub(crate) async fn wait_for(&mut self, letters: usize, patience: Duration) {
        let enough = self.count.wait_for(|count| *count >= letters);
        let came = tokio::time::timeout(patience, enough).await.is_ok();
        assert!(came, "{} of {letters} letters came", self.kept().len());
    }
}

async fn accept(listener: TcpListener, books: Arc<Mutex<Books>>, counting: watch::Sender<usize>) {
    let mut lines = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (books, counting) = (Arc::clone(&books), counting.clone());
        lines.spawn(async move {
            {
                let mut books = books.lock().unwrap();
                books.lines += 1;
                books.lines_max = books.lines_max.max(books.lines);
            }
            // A line that breaks is the client's business.
            let _ = serve(stream, &books, &counting).await;
            books.lock().unwrap().lines -= 1;
        });
    }
}

/// The part of an address between its angle brackets.
fn address(line: &str) -> String {
    let from = line.find('<').map_or(0, |at| at + 1);
    line[from..].split('>').next().unwrap_or_default().to_owned()
}

/// One line, from the greeting to its end.
async fn serve(
    stream: TcpStream,
    books: &Mutex<Books>,
    counting: &watch::Sender<usize>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 relay.test ESMTP\r\n").await?;
    let (mut recipient, mut line) = (None::<String>, String::new());
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let verb = line.split([' ', '\r']).next().unwrap_or_default().to_ascii_uppercase();
        let answer = match verb.as_str() {
            "EHLO" => "250-relay.test\r\n250-8BITMIME\r\n250 SMTPUTF8".to_owned(),
            "MAIL" => mood(books, "*", |mood| match mood {
                Mood::AtSender(code) => Some(code),
                _ => None,
            })
            .map_or_else(|| "250 ok".to_owned(), |code| format!("{code} not from you")),
            "RCPT" => {
                let to = address(&line);
                let refused = mood(books, &to, |mood| match mood {
                    Mood::AtRecipient(code) => Some(code),
                    _ => None,
                });
                recipient = refused.is_none().then(|| to.clone());
                refused.map_or_else(|| "250 ok".to_owned(), |code| format!("{code} <{to}> not here"))
            }
            "DATA" => {
                let Some(to) = recipient.take() else {
                    stream.write_all(b"503 no recipient\r\n").await?;
                    continue;
                };
                stream.write_all(b"354 go on\r\n").await?;
                match words(&mut stream, &to, books, counting).await? {
                    Some(answer) => answer,
                    None => return Ok(()),
                }
            }
            "RSET" | "NOOP" => "250 ok".to_owned(),
            "QUIT" => {
                stream.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => "502 what?".to_owned(),
        };
        stream.write_all(answer.as_bytes()).await?;
        stream.write_all(b"\r\n").await?;
    }
}

/// Takes the words of a letter: the answer, or nothing if the line is to end.
async fn words(
    stream: &mut BufReader<TcpStream>,
    to: &str,
    books: &Mutex<Books>,
    counting: &watch::Sender<usize>,
) -> std::io::Result<Option<String>> {
    let found = mood(books, to, |mood| match mood {
        Mood::AtRecipient(_) | Mood::AtSender(_) => None,
        mood => Some(mood),
    });
    let (mut bytes, mut line) = (String::new(), String::new());
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 || found == Some(Mood::HangsUpInWords) {
            return Ok(None);
        }
        if line == ".\r\n" {
            break;
        }
        bytes.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
    if let Some(Mood::AtEnd(code)) = found {
        return Ok(Some(format!("{code} no")));
    }
    let id = bytes.lines().find_map(|line| line.strip_prefix("Message-ID: ")).unwrap_or_default().to_owned();
    let count = {
        let mut books = books.lock().unwrap();
        let kept = books.kept.entry(id).or_insert_with(|| Kept { to: to.to_owned(), bytes, copies: 0 });
        kept.copies += 1;
        books.kept.len()
    };
    counting.send_replace(count);
    Ok((found != Some(Mood::HangsUpAfterwards)).then(|| "250 taken".to_owned()))
}

/// The mood for a letter to an address, if it is of a kind; it then lasts for one letter less.
fn mood<T>(books: &Mutex<Books>, to: &str, of: impl Fn(Mood) -> Option<T>) -> Option<T> {
    let mut books = books.lock().unwrap();
    for key in [to, "*"] {
        if let Some((mood, letters)) = books.moods.get_mut(key)
            && *letters > 0
            && let Some(found) = of(*mood)
        {
            *letters -= 1;
            return Some(found);
        }
    }
    None
}
