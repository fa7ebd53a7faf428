//! What sessions ask of admission: answered for all shards by what stands at the hub's gate.

use crate::access::Identity;
use crate::admission::Window;
use crate::base::{MachineTime, SchoolTime, limits};
use crate::session;

/// Stands between the shards and the gate.
#[derive(Default)]
pub(super) struct Reception;

impl session::Reception for Reception {
    fn return_window_ms(&self, _now: MachineTime) -> (u32, u32) {
        limits::RETRY_WINDOW_MS
    }

    fn window(&self, _who: &Identity, _at: SchoolTime) -> Window {
        Window::Open
    }
}
