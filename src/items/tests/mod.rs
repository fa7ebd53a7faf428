//! The publisher over a real store: what reaches the logs and the schedule, who may have it so, and what a crash at any step
//! leaves behind.

mod crash;
mod flow;
mod people;
mod world;
