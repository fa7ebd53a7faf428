//! The outbox alone: its bounds, what may overtake what, and that a socket that takes bytes in any portions gets the
//! same stream.

use std::io::{self, ErrorKind, IoSlice, Write};

use proptest::collection::vec;
use proptest::prelude::*;

use crate::base::limits::{
    FRAMES_PER_WRITE_MAX, OUTBOX_BYTES_MAX, OUTBOX_FRAMES_MAX, OUTBOX_REPLY_BYTES_MAX,
    OUTBOX_REPLY_FRAMES_MAX,
};
use crate::engine::memory::{Arrival, take_arrivals};
use crate::engine::outbox::{Outbox, Written};
use crate::engine::{CloseFrame, Frame, Lane, Topic};

/// A socket that takes one portion per write, and would block when it has no more of them.
#[derive(Default)]
struct Portions {
    sizes: Vec<usize>,
    taken: Vec<u8>,
    slices_max: usize,
}

impl Portions {
    fn of(portions: &[usize]) -> Self {
        Self { sizes: portions.iter().rev().copied().collect(), ..Self::default() }
    }
}

impl Write for Portions {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let portion = self.sizes.pop().ok_or(ErrorKind::WouldBlock)?;
        self.slices_max = self.slices_max.max(slices.len());
        let before = self.taken.len();
        self.taken.extend(slices.iter().flat_map(|slice| slice.iter().copied()).take(portion));
        Ok(self.taken.len() - before)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn text(index: usize) -> Arrival {
    Arrival::Text(index.to_string())
}

fn pong(index: usize) -> Arrival {
    Arrival::Pong(index.to_string().into_bytes())
}

/// An outbox holding so many numbered texts.
fn holding(frames: usize) -> Outbox {
    let mut outbox = Outbox::default();
    for index in 0..frames {
        assert!(outbox.offer(&Frame::text(&index.to_string()), Lane::Feed));
    }
    outbox
}

#[test]
fn the_feed_is_bounded_by_frames_and_replies_have_more_room() {
    let mut outbox = holding(OUTBOX_FRAMES_MAX);
    assert!(!outbox.offer(&Frame::text("x"), Lane::Feed));
    for _ in 0..OUTBOX_REPLY_FRAMES_MAX {
        assert!(outbox.offer(&Frame::text("r"), Lane::Reply));
    }
    assert!(!outbox.offer(&Frame::text("r"), Lane::Reply));
    assert_eq!(outbox.frames(), OUTBOX_FRAMES_MAX + OUTBOX_REPLY_FRAMES_MAX);
    outbox.put_pong(&Frame::pong(b"always fits"));
    outbox.put_close(CloseFrame::new(4200, "so does this").frame());
    assert_eq!(outbox.frames(), OUTBOX_FRAMES_MAX + OUTBOX_REPLY_FRAMES_MAX);
}

#[test]
fn both_lanes_are_bounded_by_bytes() {
    let frame = Frame::text(&"b".repeat(OUTBOX_BYTES_MAX / 8));
    let mut outbox = Outbox::default();
    while outbox.offer(&frame, Lane::Feed) {}
    assert_eq!(outbox.frames(), 7);
    while outbox.offer(&frame, Lane::Reply) {}
    assert_eq!(outbox.frames(), 15);
    assert!(outbox.bytes() <= OUTBOX_BYTES_MAX + OUTBOX_REPLY_BYTES_MAX);
}

#[test]
fn an_empty_outbox_takes_any_frame_so_that_full_always_drains() {
    let mut outbox = Outbox::default();
    let giant = Frame::text(&"g".repeat(2 * OUTBOX_BYTES_MAX));
    assert!(outbox.offer(&giant, Lane::Feed));
    assert!(!outbox.offer(&Frame::text("x"), Lane::Reply));
}

#[test]
fn waiting_frames_go_out_in_one_write() {
    let mut outbox = holding(OUTBOX_FRAMES_MAX);
    let mut socket = Portions::of(&[usize::MAX]);
    assert_eq!(outbox.write_to(&mut socket).unwrap(), Written::All);
    assert_eq!(socket.slices_max, FRAMES_PER_WRITE_MAX);
    assert_eq!(take_arrivals(&mut socket.taken), (0..OUTBOX_FRAMES_MAX).map(text).collect::<Vec<_>>());
    assert!(outbox.is_empty() && !outbox.is_boxed());
}

#[test]
fn one_frame_needs_no_box() {
    assert!(!holding(1).is_boxed());
    assert!(holding(2).is_boxed());
}

#[test]
fn a_pong_goes_before_frames_but_not_into_one_and_a_newer_one_displaces_it() {
    let mut outbox = holding(2);
    outbox.put_pong(&Frame::pong(b"0"));
    assert_eq!(outbox.write_to(&mut Portions::default()).unwrap(), Written::Part);
    outbox.put_pong(&Frame::pong(b"1"));
    outbox.put_close(CloseFrame::new(1000, "").frame());
    let mut socket = Portions::of(&[usize::MAX]);
    assert_eq!(outbox.write_to(&mut socket).unwrap(), Written::All);
    assert_eq!(take_arrivals(&mut socket.taken), [pong(1), text(0), text(1), Arrival::Close(Some(1000))]);

    let mut outbox = holding(2);
    let mut socket = Portions::of(&[1]);
    assert_eq!(outbox.write_to(&mut socket).unwrap(), Written::Part);
    outbox.put_pong(&Frame::pong(b"2"));
    socket.sizes = vec![usize::MAX];
    assert_eq!(outbox.write_to(&mut socket).unwrap(), Written::All);
    assert_eq!(take_arrivals(&mut socket.taken), [text(0), pong(2), text(1)]);
}

#[test]
fn a_close_drops_the_feed_but_not_what_stands_at_the_front() {
    let mut outbox = holding(2);
    assert!(outbox.offer(&Frame::text("reply"), Lane::Reply));
    assert!(outbox.offer(&Frame::text("pace"), Lane::Pace));
    let mut socket = Portions::of(&[1]);
    assert_eq!(outbox.write_to(&mut socket).unwrap(), Written::Part);
    outbox.put_pong(&Frame::pong(b"0"));
    let dropped = Frame::text("1").bytes().len() + Frame::text("pace").bytes().len();
    assert_eq!((outbox.drop_feed(), outbox.drop_feed()), (dropped, 0));
    outbox.put_close(CloseFrame::new(4201, "").frame());
    socket.sizes = vec![usize::MAX];
    assert_eq!(outbox.write_to(&mut socket).unwrap(), Written::All);
    let reply = Arrival::Text("reply".to_owned());
    assert_eq!(take_arrivals(&mut socket.taken), [text(0), pong(0), reply, Arrival::Close(Some(4201))]);
    assert!(!outbox.is_boxed());
    assert_eq!(holding(1).drop_feed(), 0, "one frame has no box to say what it is");
}

#[test]
fn a_socket_error_is_handed_on_and_an_interruption_is_not() {
    struct Fails(Vec<ErrorKind>);
    impl Write for Fails {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            self.0.pop().map_or(Ok(0), |kind| Err(kind.into()))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let failed =
        |kinds: &[ErrorKind]| holding(1).write_to(&mut Fails(kinds.to_vec())).map_err(|error| error.kind());
    assert_eq!(failed(&[ErrorKind::BrokenPipe, ErrorKind::Interrupted]), Err(ErrorKind::BrokenPipe));
    assert_eq!(failed(&[ErrorKind::WouldBlock, ErrorKind::Interrupted]), Ok(Written::Part));
    assert_eq!(failed(&[]), Err(ErrorKind::WriteZero));
}

#[test]
fn of_each_topic_the_newest_alone_waits_and_a_close_drops_it() {
    let mut outbox = holding(2);
    let bytes = outbox.bytes();
    for number in 0..1_000 {
        for topic in [1, 2] {
            assert!(outbox.offer(&Frame::text(&format!("{topic}.{number}")), Lane::Latest(Topic(topic))));
        }
    }
    assert_eq!((outbox.frames(), outbox.bytes()), (2, bytes + 2 * Frame::text("1.999").bytes().len()));
    let mut socket = Portions::of(&[usize::MAX]);
    assert_eq!(outbox.write_to(&mut socket).unwrap(), Written::All);
    let event = |text: &str| Arrival::Text(text.to_owned());
    assert_eq!(take_arrivals(&mut socket.taken), [text(0), text(1), event("1.999"), event("2.999")]);
    assert!(!outbox.is_boxed());
    assert!(outbox.offer(&Frame::text("1.0"), Lane::Latest(Topic(1))));
    outbox.drop_feed();
    outbox.put_close(CloseFrame::new(1000, "").frame());
    let mut socket = Portions::of(&[usize::MAX]);
    assert_eq!(outbox.write_to(&mut socket).unwrap(), Written::All);
    assert_eq!(take_arrivals(&mut socket.taken), [Arrival::Close(Some(1000))]);
}

/// One step of an outbox's life.
#[derive(Debug, Clone)]
enum Step {
    Offer,
    Pong,
    Latest(u32),
    Write(Vec<usize>),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Offer),
        1 => Just(Step::Pong),
        1 => (0..3_u32).prop_map(Step::Latest),
        2 => vec(1..12_usize, 0..4).prop_map(Step::Write),
    ]
}

proptest! {
    #[test]
    fn any_portions_give_the_same_stream(steps in vec(step(), 0..120)) {
        let mut outbox = Outbox::default();
        let (mut offered, mut pongs, mut stream) = (0, 0, Vec::new());
        let mut told: Vec<Vec<String>> = vec![Vec::new(); 3];
        for step in steps {
            match step {
                Step::Offer => offered += usize::from(outbox.offer(&Frame::text(&offered.to_string()), Lane::Feed)),
                Step::Pong => {
                    outbox.put_pong(&Frame::pong(pongs.to_string().as_bytes()));
                    pongs += 1;
                }
                Step::Latest(topic) => {
                    let events = &mut told[topic as usize];
                    events.push(format!("{topic}.{}", events.len()));
                    let event = Frame::text(&events[events.len() - 1]);
                    prop_assert!(outbox.offer(&event, Lane::Latest(Topic(topic))));
                }
                Step::Write(portions) => {
                    let waiting = outbox.bytes();
                    let mut socket = Portions::of(&portions);
                    let written = outbox.write_to(&mut socket).unwrap();
                    prop_assert_eq!(written == Written::All, outbox.is_empty());
                    prop_assert_eq!(outbox.bytes() + socket.taken.len(), waiting);
                    stream.append(&mut socket.taken);
                }
            }
        }
        outbox.put_close(CloseFrame::new(1000, "").frame());
        let mut socket = Portions::of(&[usize::MAX; 8]);
        prop_assert_eq!(outbox.write_to(&mut socket).unwrap(), Written::All);
        prop_assert!(!outbox.is_boxed() && outbox.bytes() == 0);
        stream.append(&mut socket.taken);

        let mut arrivals = take_arrivals(&mut stream);
        prop_assert!(stream.is_empty());
        prop_assert_eq!(arrivals.pop(), Some(Arrival::Close(Some(1000))));
        let (texts, answers): (Vec<Arrival>, Vec<Arrival>) =
            arrivals.into_iter().partition(|arrival| matches!(arrival, Arrival::Text(_)));
        let is_event = |arrival: &Arrival| matches!(arrival, Arrival::Text(text) if text.contains('.'));
        let (events, texts): (Vec<Arrival>, Vec<Arrival>) = texts.into_iter().partition(is_event);
        for (topic, told) in told.iter().enumerate() {
            let of_topic = |event: &&String| events.contains(&Arrival::Text((*event).clone()));
            let arrived: Vec<&String> = told.iter().filter(of_topic).collect();
            let in_order = events.iter().filter_map(|event| match event {
                Arrival::Text(text) if text.starts_with(&format!("{topic}.")) => Some(text),
                _ => None,
            });
            prop_assert_eq!(in_order.collect::<Vec<_>>(), arrived.clone());
            prop_assert_eq!(arrived.last().copied(), told.last(), "the newest is never lost");
        }
        prop_assert_eq!(texts, (0..offered).map(text).collect::<Vec<_>>());
        let numbers: Vec<usize> = (0..pongs).filter(|index| answers.contains(&pong(*index))).collect();
        prop_assert_eq!(answers, numbers.iter().copied().map(pong).collect::<Vec<_>>());
        prop_assert_eq!(numbers.last().copied(), pongs.checked_sub(1));
    }
}
