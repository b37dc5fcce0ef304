//! How fast letters may go: tokens, taken in blocks from whoever counts for all processes, and released evenly.

use std::{
    collections::VecDeque,
    fmt,
    pin::Pin,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// How much of the rate is taken at once. Blocks are few enough to be counted in a database, and short enough that
/// what one process has taken and does not use is not missed by the others.
const BLOCK: Duration = Duration::from_millis(100);

/// How long before the last token is used the next block is asked for, so that waiting for it costs no rate.
const LEAD: Duration = Duration::from_millis(100);

/// The most letters in a unit of time.
const MOST: u32 = 1_000_000;

/// So many letters in a unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    letters: u32,
    unit: Unit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Second,
    Minute,
    Hour,
}

impl Unit {
    fn length(self) -> Duration {
        Duration::from_secs(match self {
            Self::Second => 1,
            Self::Minute => 60,
            Self::Hour => 3_600,
        })
    }
}

impl Rate {
    /// Reads `100/s`, `600/m` or `5000/h`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (letters, unit) = text.split_once('/')?;
        let letters = letters.parse().ok().filter(|letters| (1..=MOST).contains(letters))?;
        let unit = match unit {
            "s" => Unit::Second,
            "m" => Unit::Minute,
            "h" => Unit::Hour,
            _ => return None,
        };
        Some(Self { letters, unit })
    }

    /// The rate that is nearest to so many letters per second: at least one in an hour.
    #[must_use]
    pub fn of_letters_per_second(letters: f64) -> Self {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is between the bounds")]
        let letters = (letters * Unit::Hour.length().as_secs_f64()).round().clamp(1.0, f64::from(u32::MAX)) as u32;
        Self { letters, unit: Unit::Hour }
    }

    /// The time that so many letters take.
    #[must_use]
    pub fn time_of(self, letters: u32) -> Duration {
        self.unit.length() * letters / self.letters
    }

    /// Letters per second.
    #[must_use]
    pub fn per_second(self) -> f64 {
        f64::from(self.letters) / self.unit.length().as_secs_f64()
    }

    /// How many letters make a block: about 100 ms worth, at least one.
    #[must_use]
    pub fn block(self) -> u32 {
        let letters = u128::from(self.letters) * BLOCK.as_nanos() / self.unit.length().as_nanos();
        u32::try_from(letters).unwrap_or(MOST).max(1)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            Unit::Second => 's',
            Unit::Minute => 'm',
            Unit::Hour => 'h',
        };
        write!(f, "{}/{unit}", self.letters)
    }
}

/// So many letters may begin: the first at `start`, the others at the rate's distance. A start in the past is time
/// that nobody used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// The first token's moment.
    pub start: Instant,
    /// How many.
    pub tokens: u32,
}

/// A block that is on its way.
pub type BlockToCome<'a> = Pin<Box<dyn Future<Output = Option<Block>> + Send + 'a>>;

/// Where blocks come from.
pub trait Tokens: fmt::Debug + Send + Sync {
    /// Takes the next so many tokens, at this rate. `None`: nobody can tell at the moment, so nothing may begin.
    fn take(&self, rate: Rate, tokens: u32) -> BlockToCome<'_>;
}

/// Counts for this process alone.
#[derive(Debug, Default)]
pub(super) struct OwnTokens {
    free_at: Mutex<Option<Instant>>,
}

impl Tokens for OwnTokens {
    fn take(&self, rate: Rate, tokens: u32) -> BlockToCome<'_> {
        let mut free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
        let start = free_at.unwrap_or_else(Instant::now).max(Instant::now());
        *free_at = Some(start + rate.time_of(tokens));
        Box::pin(std::future::ready(Some(Block { start, tokens })))
    }
}

/// The tokens in hand, as a pure state machine: what was given and when goes in, whether a letter may begin comes out.
#[derive(Debug)]
pub(super) struct Pacing {
    rate: Rate,
    /// Tokens that are older than this have lapsed: what was not used in a while is not made up for in a burst.
    keep: Duration,
    blocks: VecDeque<Block>,
}

impl Pacing {
    pub(super) fn new(rate: Rate) -> Self {
        Self { rate, keep: rate.time_of(rate.block()), blocks: VecDeque::new() }
    }

    pub(super) fn rate(&self) -> Rate {
        self.rate
    }

    pub(super) fn add(&mut self, block: Block) {
        self.blocks.push_back(block);
    }

    /// Takes a token whose moment has come.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        self.lapse(now);
        let due = self.blocks.front().is_some_and(|block| block.start <= now);
        if due {
            self.drop_first();
        }
        due
    }

    /// How many tokens could be taken now.
    pub(super) fn due(&mut self, now: Instant) -> usize {
        self.lapse(now);
        let moments = self.blocks.iter().flat_map(|block| self.moments(block));
        moments.take_while(|moment| *moment <= now).count()
    }

    /// The next moment at which there will be one more.
    pub(super) fn next(&self, now: Instant) -> Option<Instant> {
        self.blocks.iter().flat_map(|block| self.moments(block)).find(|moment| *moment > now)
    }

    /// How many tokens to ask for, when so many letters wait: no more than they need, since others could use the rest, and
    /// nothing as long as those in hand last.
    pub(super) fn wanted(&mut self, letters: usize, now: Instant) -> u32 {
        self.lapse(now);
        let in_hand: u32 = self.blocks.iter().map(|block| block.tokens).sum();
        let end = self.blocks.back().map(|block| block.start + self.rate.time_of(block.tokens));
        if end.is_some_and(|end| end > now + LEAD) {
            return 0;
        }
        let letters = u32::try_from(letters).unwrap_or(u32::MAX);
        letters.saturating_sub(in_hand).min(self.rate.block())
    }

    fn moments(&self, block: &Block) -> impl Iterator<Item = Instant> + use<> {
        let (rate, start, tokens) = (self.rate, block.start, block.tokens);
        (0..tokens).map(move |token| start + rate.time_of(token))
    }

    fn lapse(&mut self, now: Instant) {
        while self.blocks.front().is_some_and(|block| block.start + self.keep < now) {
            self.drop_first();
        }
    }

    fn drop_first(&mut self) {
        let Some(block) = self.blocks.front_mut() else { return };
        block.tokens -= 1;
        block.start += self.rate.time_of(1);
        if block.tokens == 0 {
            self.blocks.pop_front();
        }
    }
}

#[cfg(test)]
mod tests;
