//! Which batches are small, and which are not.

use crate::settings::Settings;
use domain::batch::MAX_RECIPIENTS;

/// A batch of so many recipients at most is small.
const SMALL: i32 = 50;

/// Batches that have slots of their own: those of so many recipients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) least: i32,
    pub(crate) most: i32,
    pub(super) slots: usize,
}

impl Size {
    /// The sizes that an engine tells apart.
    pub(crate) fn all(settings: &Settings) -> Vec<Self> {
        let largest = i32::try_from(MAX_RECIPIENTS).unwrap_or(i32::MAX);
        let (few, many) = (settings.batches, settings.small_batches);
        let large = |least| Self { least, most: largest, slots: few };
        if many == 0 { vec![large(1)] } else { vec![large(SMALL + 1), Self { least: 1, most: SMALL, slots: many }] }
    }

    pub(crate) fn is_small(self) -> bool {
        self.most <= SMALL
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smtp::Mailbox;

    #[test]
    fn every_batch_has_slots_of_exactly_one_size() {
        let sender = Mailbox::parse("news@example.com").expect("an address");
        let mut settings = Settings::new(sender, "https://example.com/".parse().expect("an address"));
        for small in [0, 48] {
            settings.small_batches = small;
            let sizes = Size::all(&settings);
            for recipients in 1..=500 {
                let of = sizes.iter().filter(|size| (size.least..=size.most).contains(&recipients)).count();
                assert_eq!(of, 1, "{recipients} of {sizes:?}");
            }
            assert_eq!(sizes.iter().filter(|size| size.is_small()).count(), usize::from(small > 0));
        }
    }
}
