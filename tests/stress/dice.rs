//! All chance of a story comes from one seed, which is printed and can be given again as `STRESS_SEED`.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::io::Write;
use std::str::FromStr;

/// Where a story's randomness comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seed(pub(super) u64);

impl Seed {
    /// The one that is given, else a new one. Printed, so that what it led to can be tried again.
    pub(super) fn of(story: &str) -> Self {
        let seed = given("STRESS_SEED").unwrap_or_else(|| rand::rng().random_range(0..1_000_000));
        say(&format!("{story}: STRESS_SEED={seed}"));
        Self(seed)
    }

    /// For what happens in one place and in order.
    pub(super) fn dice(self) -> StdRng {
        StdRng::seed_from_u64(self.0)
    }

    /// The throw for something that has a number: 0 to 999, whenever and in whatever order it is asked for.
    pub(super) fn permille(self, number: u64) -> u64 {
        // SplitMix64, which is made for consecutive numbers.
        let mut z = self.0.wrapping_add(number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % 1000
    }
}

/// A number from the environment, for the long version.
pub(super) fn given<T: FromStr>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name}={text} is not a number")))
}

/// Says something at once, whether or not the test harness keeps output back: when a story hangs or is killed, its seed
/// must be known.
pub(super) fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "stress: {line}");
}
