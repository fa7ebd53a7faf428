//! What one seed draws. Nothing else in a world is random, so that a seed is a world.

/// The draws of one seed.
pub(crate) struct Chance(fastrand::Rng);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// Whether something happens that happens in this part of all cases.
    pub(crate) fn is(&mut self, part: f64) -> bool {
        self.0.f64() < part
    }

    /// A number from 0 to below 1.
    pub(crate) fn part(&mut self) -> f64 {
        self.0.f64()
    }

    /// From `low` to below `high`.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        self.0.u64(low..high.max(low + 1))
    }

    /// One of so many.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        self.0.usize(..count.max(1))
    }

    /// About `mean`, seldom more than twice `spread` away. The sum of four draws is near enough to a bell.
    pub(crate) fn around(&mut self, mean: f64, spread: f64) -> f64 {
        let sum: f64 = (0..4).map(|_| self.0.f64() - 0.5).sum();
        mean + sum * spread * 3.0_f64.sqrt()
    }

    /// How long until something happens that happens every `mean_ms` on average.
    pub(crate) fn until(&mut self, mean_ms: f64) -> u64 {
        whole(-(1.0 - self.0.f64()).ln() * mean_ms)
    }

    /// A text of so many characters, as a forger makes them up.
    pub(crate) fn text(&mut self, length: usize) -> String {
        (0..length).map(|_| self.0.alphanumeric()).collect()
    }

    /// Mixes a list.
    pub(crate) fn shuffle<T>(&mut self, list: &mut [T]) {
        self.0.shuffle(list);
    }
}

/// The whole number next to one that is not negative.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
pub(crate) fn whole(number: f64) -> u64 {
    number.round() as u64
}
