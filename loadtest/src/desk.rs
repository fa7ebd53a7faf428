//! Where seats are asked for: some kept-alive HTTP connections that all clients of a worker share, one request at a time
//! on each. A browser would keep its own; sharing them leaves the server the same requests and this tool fewer sockets.
//! A scenario about handshakes has half of its seats asked for on connections that are good for one.

use std::io;

use mio::Token;

use crate::client::{Break, Client, Readiness};
use crate::door::{self, Word};
use crate::http;
use crate::limits;
use crate::link::{Link, Reading};
use crate::moment;
use crate::orders::Lines;
use crate::scene::{Scene, Speech};

/// The first token of the counters.
pub(crate) const FIRST_TOKEN: usize = 1 << 24;

#[derive(Debug, Default)]
struct Counter {
    link: Option<Link>,
    is_open: bool,
    /// Who asks, and in which attempt.
    asker: Option<(u32, u32)>,
    /// Whether an answer has come on this connection: then it may have ended between two requests.
    is_proven: bool,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    counters: Vec<Counter>,
}

impl Desk {
    /// Lets those ask who wait, as far as there are counters.
    pub(crate) fn serve(&mut self, scene: &mut Scene, clients: &mut [Client]) {
        while !scene.seatless.is_empty() {
            let idle = self.counters.iter().position(|counter| counter.asker.is_none());
            let place = match idle {
                Some(place) => place,
                None if self.counters.len() < limits::DESK_LINES_MAX => {
                    self.counters.push(Counter::default());
                    self.counters.len() - 1
                }
                None => return,
            };
            let Some(id) = scene.seatless.pop_front() else {
                return;
            };
            let asker = (id, clients[id as usize].attempt);
            self.counters[place].asker = Some(asker);
            if scene.desk_lines == Lines::Own {
                self.counters[place].link = None;
            }
            if let Err(error) = self.ask(place, scene, clients) {
                self.failed(place, scene, clients, &error.into());
            }
        }
    }

    /// A counter has news.
    pub(crate) fn ready(
        &mut self,
        place: usize,
        scene: &mut Scene,
        clients: &mut [Client],
        readiness: Readiness,
        buffer: &mut [u8],
    ) {
        let news = self.advance(place, scene, clients, readiness, buffer);
        match news {
            Ok(None) => {}
            Ok(Some(answer)) => self.answer(place, scene, clients, answer),
            Err(why) => self.failed(place, scene, clients, &why),
        }
        self.serve(scene, clients);
    }

    fn ask(&mut self, place: usize, scene: &mut Scene, clients: &[Client]) -> io::Result<()> {
        let counter = &mut self.counters[place];
        let Some(link) = &mut counter.link else {
            counter.is_open = false;
            counter.is_proven = false;
            counter.link = Some(scene.connect(Token(FIRST_TOKEN + place))?);
            return Ok(());
        };
        if let (true, Some((id, _)), Speech::Preau(tokens)) = (counter.is_open, counter.asker, &scene.speech)
        {
            scene.out.clear();
            let entry = &clients[id as usize].entry;
            let (ticket, resume) = (entry.ticket.as_deref(), entry.resume.as_deref());
            scene.upgrader.seat(&mut scene.out, &tokens[id as usize], ticket, resume);
            link.send(&scene.out)?;
        }
        Ok(())
    }

    /// The answer that has come, if one has: the door's word, or why there is none.
    fn advance(
        &mut self,
        place: usize,
        scene: &mut Scene,
        clients: &[Client],
        readiness: Readiness,
        buffer: &mut [u8],
    ) -> Result<Option<Result<Word, Break>>, Break> {
        let Some(counter) = self.counters.get_mut(place) else {
            return Ok(None);
        };
        let Some(link) = &mut counter.link else {
            return Ok(None);
        };
        if readiness.is_writable && link.writable()? {
            counter.is_open = true;
            self.ask(place, scene, clients)?;
        }
        let counter = &mut self.counters[place];
        let (true, Some(link)) = (readiness.is_readable, &mut counter.link) else {
            return Ok(None);
        };
        let filled = match link.read(buffer)? {
            Reading::Nothing => return Ok(None),
            Reading::Ended => return Err(Break::Lost("seat/ended".into())),
            Reading::Bytes { filled, .. } => filled,
        };
        let answer =
            http::read(&buffer[..filled]).map_err(|error| Break::Lost(format!("seat/{error}").into()))?;
        let Some(answer) = answer else {
            link.keep(&buffer[..filled]);
            return Ok(None);
        };
        counter.is_proven = true;
        if answer.is_last || readiness.is_closed {
            counter.link = None;
        }
        let word = match (answer.status, door::read(&answer)) {
            (_, Some(word)) => Ok(word),
            (200 | 202, None) => Err(Break::Lost("seat/unreadable".into())),
            (status, None) => Err(Break::Refused("seat", status, answer.retry_after_s)),
        };
        Ok(Some(word))
    }

    fn answer(&mut self, place: usize, scene: &mut Scene, clients: &mut [Client], word: Result<Word, Break>) {
        let Some((id, attempt)) = self.counters[place].asker.take() else {
            return;
        };
        let client = &mut clients[id as usize];
        if client.attempt != attempt {
            return;
        }
        scene.now_ns = moment::now_ns();
        match word {
            Ok(word) => client.told(id, scene, word),
            Err(why) => client.end(id, scene, &why),
        }
    }

    /// The line broke. If it had served before, it ended for lack of use, and its asker asks again on another.
    fn failed(&mut self, place: usize, scene: &mut Scene, clients: &mut [Client], why: &Break) {
        let counter = &mut self.counters[place];
        counter.link = None;
        let was_proven = std::mem::take(&mut counter.is_proven);
        let Some((id, attempt)) = counter.asker.take() else {
            return;
        };
        let client = &mut clients[id as usize];
        if client.attempt != attempt {
            return;
        }
        if was_proven {
            scene.seatless.push_front(id);
        } else {
            client.end(id, scene, why);
        }
    }
}
