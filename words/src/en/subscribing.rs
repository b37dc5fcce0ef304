/// What somebody says who asks for letters; without topics, about those that they have chosen where it stands.
pub(crate) fn wording(owner: &str, topics: &[&str]) -> String {
    let from = if owner.is_empty() { String::new() } else { format!(" from {owner}") };
    let about: Vec<String> = topics.iter().map(|title| format!("“{title}”")).collect();
    let about = if about.is_empty() { "what I have chosen here".to_owned() } else { about.join(", ") };
    format!("I want to get letters{from} about {about}. I can leave at any time, by the link in each letter.")
}
