//! Time zones to choose from.

use domain::TimeZone;

/// The zones of one part of the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Region {
    /// The name of the part; empty for zones that belong to none.
    pub(super) name: String,
    pub(super) zones: Vec<Zone>,
}

/// A zone that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Zone {
    pub(super) name: String,
    pub(super) chosen: bool,
}

/// All zones, with UTC and its like first. One that is chosen and has no rules here stays, so that the form shows what is saved.
pub(super) fn regions(chosen: &str) -> Vec<Region> {
    let mut names: Vec<&str> = TimeZone::all().map(|zone| zone.name()).collect();
    if !chosen.is_empty() && !names.contains(&chosen) {
        names.push(chosen);
    }
    let mut regions = vec![Region { name: String::new(), zones: Vec::new() }];
    for name in names {
        let region = name.split_once('/').map_or("", |(region, _)| region);
        let zone = Zone { name: name.to_owned(), chosen: name == chosen };
        match regions.iter_mut().find(|one| one.name == region) {
            Some(found) => found.zones.push(zone),
            None => regions.push(Region { name: region.to_owned(), zones: vec![zone] }),
        }
    }
    if let Some(others) = regions.first_mut() {
        others.zones.sort_by_key(|zone| (zone.name != "UTC", zone.name.clone()));
    }
    regions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_zone_can_be_chosen_and_the_present_one_is() {
        let regions = regions("Europe/Berlin");
        let zones = || regions.iter().flat_map(|region| &region.zones);
        assert_eq!(zones().count(), TimeZone::all().count());
        let chosen: Vec<_> = zones().filter(|zone| zone.chosen).map(|zone| zone.name.as_str()).collect();
        assert_eq!(chosen, ["Europe/Berlin"]);
        assert_eq!(regions[0].zones[0].name, "UTC");
    }

    #[test]
    fn a_zone_without_rules_stays_chosen() {
        let regions = regions("Mars/Olympus");
        let mars = regions.iter().find(|region| region.name == "Mars").expect("its part of the world");
        assert_eq!(mars.zones, [Zone { name: "Mars/Olympus".to_owned(), chosen: true }]);
    }
}
