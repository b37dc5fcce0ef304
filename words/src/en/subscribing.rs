/// What somebody says who asks for letters.
pub(crate) fn wording(owner: &str, topics: &[&str]) -> String {
    let from = if owner.is_empty() { String::new() } else { format!(" from {owner}") };
    let about: Vec<String> = topics.iter().map(|title| format!("“{title}”")).collect();
    format!(
        "I want to get letters{from} about {}. I can leave at any time, by the link in each letter.",
        about.join(", ")
    )
}
