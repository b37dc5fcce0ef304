//! Where people subscribe to a topic by themselves.

use url::Url;
use uuid::Uuid;

/// The address of the form on which a topic is chosen already. `home`: where people's browsers see the service.
pub(crate) fn subscribe_at(home: &Url, owner: Uuid, topic: Uuid) -> String {
    let path = format!("subscribe/{owner}?topic={topic}");
    home.join(&path).map_or_else(|_| format!("{home}{path}"), String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_below_the_services_address() {
        let (owner, topic) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let home = "https://mail.example.org/news/".parse().expect("an address");
        let form = "https://mail.example.org/news/subscribe/00000000-0000-0000-0000-000000000001\
                    ?topic=00000000-0000-0000-0000-000000000002";
        assert_eq!(subscribe_at(&home, owner, topic), form);
    }
}
