//! Imports: begun, brought to their end, and taken back.

use domain::{
    ImportId,
    import::{Command, Done, Import, Mode, TakenBack},
};
use rand::{Rng, seq::IndexedRandom};

use super::World;

impl World {
    pub(super) async fn change_imports(&mut self) {
        // Of the latest ones, so that more happens to each.
        let recent = self.imports.len().saturating_sub(3);
        let known = self.imports[recent..].choose(&mut self.random).copied();
        let number = self.random.random_range(0..1_000);
        let command = match (self.random.random_range(0..5), known) {
            (1, Some((id, _))) => {
                (id, Command::Finish { done: Done { rows: number, added: 3, updated: 2, unchanged: 1, bad: 0 } })
            }
            (2, Some((id, by))) => (id, Command::BeginUndo { by }),
            (3, Some((id, _))) => {
                (id, Command::FinishUndo { done: TakenBack { removed: number, restored: 1, left: 0 } })
            }
            _ => {
                let (owner, id, file) = (self.owner(), ImportId(self.id()), self.word());
                let owner = self.owners[owner].id();
                self.imports.push((id, owner));
                let mode = *Mode::ALL.choose(&mut self.random).expect("there are modes");
                (id, Command::Begin { owner, file, mode })
            }
        };
        self.execute::<Import>(command.0.0, command.1).await;
    }
}
